"""Money deposited against defaults, and caps: docs/clearing.md, "Securities"."""

from collections import Counter
from dataclasses import dataclass

from coalition.simulation.model.keys import KeyLife
from coalition.simulation.model.partners import Partners
from coalition.simulation.model.terms import (
    MONEY_MAX_MICROS,
    PROPOSAL_LIFE_US,
    Answer,
    Line,
    ModelError,
    Place,
    Post,
)
from settlement.clearing.security_acts import ApproveWithdrawal, Deposit, ProposeWithdrawal, SetCap


@dataclass(slots=True)
class Withdrawal:
    """What one person proposed to pay back."""

    body: ProposeWithdrawal
    person: str
    proposed_at_us: int
    approved: bool = False


class Securities:
    """`cents`: what stands on each account, in minor units; `deposited`: what came in less what went back, by account."""

    def __init__(self, partners: Partners, currency: str, unit: int) -> None:
        self._partners = partners
        self._currency = currency
        self._unit = unit
        self.cents: Counter[str] = Counter()
        self.deposited: Counter[str] = Counter()
        self.caps: dict[str, int] = {}
        self._half_named: dict[str, tuple[int | None, KeyLife]] = {}
        self._withdrawals: dict[str, Withdrawal] = {}

    @property
    def newest_withdrawal(self) -> str | None:
        """The hash of the withdrawal that was proposed last."""
        return next(reversed(self._withdrawals), None)

    @property
    def newest_cap(self) -> tuple[str, int | None, str] | None:
        """The cap that was named last and waits for a key of the other kind: whose, how much, and the kind that has named it."""
        if not self._half_named:
            return None
        name, (cap, namer) = next(reversed(self._half_named.items()))
        return name, cap, namer.purpose

    def money(self, debit: str, credit: str, cents: int) -> Post:
        """A posting of so many minor units, taken into account. ModelError AMOUNT_TOO_LARGE: it fits no line."""
        post = Post(debit, credit, self._currency, self.micros(cents))
        for account, more in ((debit, -cents), (credit, cents)):
            if account.split(":")[0] in ("collateral", "guarantee", "prefund", "capital"):
                self.cents[account] += more
        return post

    def either_way(self, debit: str, credit: str, cents: int) -> Post:
        """A posting of so many minor units, or of as many the other way round if they are below zero."""
        return self.money(debit, credit, cents) if cents > 0 else self.money(credit, debit, -cents)

    def micros(self, cents: int) -> int:
        """Minor units as a leaf states them. ModelError AMOUNT_TOO_LARGE: it fits no line."""
        if cents * self._unit > MONEY_MAX_MICROS:
            raise ModelError("AMOUNT_TOO_LARGE", f"{cents} minor units fit no line of a leaf")
        return cents * self._unit

    def deposit(self, place: Place, body: Deposit) -> Answer:
        """Money comes in."""
        about = self._about(body)
        if not self._may_have(place, body.participant, body.security):
            return Answer("PARTNER_UNKNOWN", about)
        account = _account(body.security, body.participant)
        self.deposited[account] += body.amount_minor
        return Answer(None, about, [self.money("bank", account, body.amount_minor)])

    def propose(self, place: Place, person: str, body: ProposeWithdrawal) -> Answer:
        """Money is to go back."""
        about = [*self._about(body), ("proposal", body.proposal_sha256)]
        if not self._may_have(place, body.participant, body.security):
            return Answer("PARTNER_UNKNOWN", about)
        if body.currency != self._currency:
            return Answer("FIGURES_DIFFER", about)
        if body.amount_minor > self.cents[_account(body.security, body.participant)]:
            return Answer("SECURITY_EXCEEDED", about)
        self._withdrawals[body.proposal_sha256] = Withdrawal(body, person, place.time_us)
        return Answer(None, about)

    def approve(self, place: Place, person: str, body: ApproveWithdrawal) -> Answer:
        """Another person agrees, and it goes."""
        about: list[Line] = [("proposal", body.proposal_sha256)]
        found = self._withdrawals.get(body.proposal_sha256)
        if found is None:
            return Answer("PROPOSAL_UNKNOWN", about)
        if found.approved:
            return Answer("ALREADY_APPROVED", about)
        if place.time_us - found.proposed_at_us > PROPOSAL_LIFE_US:
            return Answer("PROPOSAL_EXPIRED", about)
        if person == found.person:
            return Answer("SAME_PERSON", about)
        account, cents = _account(found.body.security, found.body.participant), found.body.amount_minor
        if cents > self.cents[account]:
            return Answer("SECURITY_EXCEEDED", about)
        found.approved = True
        self.deposited[account] -= cents
        return Answer(None, about, [self.money(account, "bank", cents)])

    def set_cap(self, place: Place, signer: KeyLife, body: SetCap) -> Answer:
        """Counts once a request key and an approver's key of the operator have named the same, both of them live."""
        name, cap = body.participant, body.cap_minor
        about = [("subject", name), ("cap", "none" if cap is None else str(cap))]
        if not self._may_have(place, name, "collateral"):
            return Answer("PARTNER_UNKNOWN", about)
        earlier = self._half_named.get(name)
        waits = earlier is not None and earlier[0] == cap and earlier[1].lives(place.house)
        if waits and earlier is not None and earlier[1].purpose != signer.purpose:
            del self._half_named[name]
            self.caps.pop(name, None)
            if cap is not None:
                self.caps[name] = cap
            return Answer(None, about)
        if waits or self.caps.get(name) == cap:
            return Answer("ALREADY_APPROVED", about)
        self._half_named.pop(name, None)
        self._half_named[name] = (cap, signer)  # the newest is the last
        return Answer(None, about)

    def _about(self, body: Deposit | ProposeWithdrawal) -> list[Line]:
        amount = f"{self._currency} {self.micros(body.amount_minor)}"
        return [("subject", body.participant), ("security", body.security), ("amount", amount)]

    def _may_have(self, place: Place, name: str, security: str) -> bool:
        """Whether somebody of this name may have such a security: the operator alone has capital."""
        if security == "capital":
            return name == self._partners.operator
        return self._partners.state(name, place.house) is not None


def _account(security: str, name: str) -> str:
    return "capital" if security == "capital" else f"{security}:{name}"
