"""What a partner's till asks about members and their points."""

from dataclasses import dataclass

from coalition.simulation.cast import act_id_of, alias_of, stranger_of
from coalition.simulation.model import Model
from coalition.simulation.story import NO_OTHER_ALIAS, Step
from coalition.simulation.terms import HOLD_MINUTES
from settlement.clock import HOUR_US
from settlement.ledger.acts import (
    ON_EVENT_US,
    Authorize,
    Capture,
    Enrol,
    Issue,
    LinkAlias,
    MemberName,
    Redeem,
    Release,
    Reverse,
    TransferPoints,
    Void,
)
from settlement.money import AMOUNT_MAX


@dataclass(frozen=True, slots=True)
class Till:
    """Turns steps into bodies. `members`: ids by the step that enrolled each, as far as anybody knows."""

    seed: int
    model: Model
    members: dict[int, str]

    def body(self, step: Step, now_us: int) -> object:
        """What the step asks for."""
        match step.kind:
            case "enrol":
                numbers = {step.number} if step.amount == NO_OTHER_ALIAS else {step.number, step.amount}
                aliases = tuple([alias_of(self.seed, number) for number in sorted(numbers)])
                return Enrol(stranger_of(self.seed, step.number), aliases)
            case "link":
                return LinkAlias(self.member(step.member), alias_of(self.seed, step.amount))
            case "issue":
                waits = {"until": now_us + (1 + step.number % 60) * HOUR_US, "event": ON_EVENT_US}
                campaign = step.campaign or None
                return Issue(
                    self._name(step), step.amount, now_us, waits.get(step.waits), campaign, step.asset
                )
            case "redeem":
                return Redeem(self._name(step), self._amount(step), now_us, asset=step.asset)
            case "transfer":
                recipient, amount = self._recipient(step), self._amount(step)
                return TransferPoints(self._name(step), recipient, amount, now_us, step.asset)
            case "authorize":
                minutes = step.number % HOLD_MINUTES
                return Authorize(self._name(step), self._amount(step), now_us, minutes, asset=step.asset)
        return self._going_back(step, now_us)

    def _going_back(self, step: Step, now_us: int) -> object:
        """About an earlier act."""
        earlier = act_id_of(self.seed, step.other)
        match step.kind:
            case "reverse":
                amount = step.amount if step.conduct == "in part" else 0
                return Reverse(earlier, now_us, amount, step.asset)
            case "capture":
                return Capture(earlier, max(1, step.amount), now_us, step.asset)
            case "void":
                return Void(earlier, now_us)
        return Release(earlier, now_us)

    def _amount(self, step: Step) -> int:
        if step.conduct not in ("all", "more than all"):
            return step.amount
        member = self.member(step.member)
        held = self.model.balance(member, step.asset) if self.model.shard_of(member) is not None else 0
        return min(AMOUNT_MAX, max(1, held + (step.conduct == "more than all")))

    def member(self, number: int) -> str:
        """The member that a step enrolled; nobody if it did not."""
        return self.members.get(number) or stranger_of(self.seed, number)

    def _name(self, step: Step) -> MemberName:
        if step.conduct == "by alias":
            return MemberName(alias=alias_of(self.seed, step.member))
        return MemberName(member=self.member(step.member))

    def _recipient(self, step: Step) -> MemberName:
        if step.number % 3 == 0:
            return MemberName(alias=alias_of(self.seed, step.other))
        return MemberName(member=self.member(step.other))
