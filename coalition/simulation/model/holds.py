"""Points held for a partner: docs/ledger.md, "Holds" and the rows Authorize, Capture and Void of the refusals."""

from dataclasses import dataclass, field

from coalition.simulation.model.lots import Lot
from coalition.simulation.model.points import Deed, Points, parts
from coalition.simulation.model.tariffs import Tariff
from coalition.simulation.model.terms import (
    MINUTE_US,
    Answer,
    Asked,
    ModelError,
    Place,
    Post,
    spell_time,
)
from settlement.ledger.acts import Authorize, Capture, Void


@dataclass(slots=True)
class Hold:
    """Slices that were set aside, and the tariff that was in force then. `closed_by`: the entry that ended it."""

    shard: int
    index: int
    partner: str
    member: str
    amount: int
    tariff: Tariff
    until_us: int
    slices: list[tuple[Lot, int]]
    asset: str
    closed_by: int | None = None

    @property
    def place(self) -> str:
        """Shard and entry number, as `original` lines spell them."""
        return f"{self.shard}:{self.index}"


@dataclass(slots=True)
class Holds:
    """All holds: by partner and act id of the authorize, and by place."""

    points: Points
    by_act: dict[tuple[str, str], Hold] = field(default_factory=dict)
    by_place: dict[str, Hold] = field(default_factory=dict)
    lapsed: int = 0

    def authorize(
        self, place: Place, asked: Asked, body: Authorize, tariff: Tariff, stopped: str | None
    ) -> Answer:
        """What a redemption would take is set aside instead."""
        points, amount = self.points, body.amount
        member = points.find(place.shard, body.name)
        about = [("amount", f"{body.asset} {amount}"), ("occurred", spell_time(body.occurred_at_us))]
        refusal, slices = points.to_spend(place, member, body)
        refusal = stopped or refusal
        if refusal is not None or member is None:
            return points.answer(refusal, member, about)
        asked_for = body.hold_minutes if body.hold_minutes > 0 else tariff.terms.hold_minutes
        until_us = place.time_us + min(asked_for, tariff.terms.hold_minutes) * MINUTE_US
        facts = (member, amount, tariff, until_us, slices, body.asset)
        hold = Hold(place.shard, place.index, asked.partner, *facts)
        self.by_act[asked.partner, asked.act_id] = self.by_place[hold.place] = hold
        for lot, quantity in slices:
            points.move(member, lot, -quantity)
        points.held[member, body.asset] += amount
        points.active_us[member] = place.time_us
        posts = [Post(f"wallet:{member}", f"held:{member}", body.asset, amount)]
        taken = [lot.slice("take", quantity) for lot, quantity in slices]
        answer = points.answer(None, member, about, posts, taken, tariff.number)
        answer.until_us = until_us
        return answer

    def capture(self, place: Place, asked: Asked, body: Capture, stopped: str | None) -> Answer:
        """Some of the held points are spent, at the tariff of the authorize; the others are the member's again."""
        points, hold = self.points, self._find(place, asked, body.hold_act_id)
        said = [("amount", f"{body.asset} {body.amount}"), ("occurred", spell_time(body.occurred_at_us))]
        if hold is None:
            return points.answer(stopped or "HOLD_UNKNOWN", None, said)
        about = [("original", hold.place), *said]
        refusal = stopped or self._why_not_capture(hold, body, place.time_us)
        if refusal is not None:
            return points.answer(refusal, hold.member, about)
        spent = first_points(hold.slices, body.amount)
        rest = [(lot, all_of_it - _of(spent, lot)) for lot, all_of_it in hold.slices]
        rest = [(lot, quantity) for lot, quantity in rest if quantity]
        money = points.prices.of_redemption(asked.partner, parts(spent), hold.tariff)
        held, redeemed = f"held:{hold.member}", f"redeemed:{asked.partner}"
        points.deeds[asked.partner, asked.act_id] = Deed(
            "capture",
            place.shard,
            place.index,
            asked.partner,
            hold.member,
            body.amount,
            spent,
            hold.tariff,
            hold.asset,
        )
        posts = [Post(held, redeemed, hold.asset, body.amount), *money]
        lots = [lot.slice("spend", quantity) for lot, quantity in spent]
        points.active_us[hold.member] = place.time_us
        back, given = self._end(hold, place, rest)
        answer = points.answer(None, hold.member, about, posts + back, lots + given, hold.tariff.number)
        return points.repay(answer, hold.member, rest, hold.tariff, place.time_us)

    def void(self, place: Place, asked: Asked, body: Void, tariff: Tariff, stopped: str | None) -> Answer:
        """The partner wants none of the held points."""
        occurred = ("occurred", spell_time(body.occurred_at_us))
        hold = self._find(place, asked, body.hold_act_id)
        if hold is None:
            return self.points.answer(stopped or "HOLD_UNKNOWN", None, [occurred])
        about = [("original", hold.place), ("amount", f"{hold.asset} {hold.amount}"), occurred]
        refusal = stopped or ("HOLD_CLOSED" if hold.closed_by is not None else None)
        if refusal is not None:
            return self.points.answer(refusal, hold.member, about)
        answer = self.points.answer(None, hold.member, about, *self._end(hold, place, hold.slices))
        return self.points.repay(answer, hold.member, hold.slices, tariff, place.time_us)

    def lapse(self, place: Place, original: str, tariff: Tariff) -> Answer:
        """What the entry says by which a hold lapses. ModelError NO_LAPSE_DUE if it must not."""
        hold = self.by_place.get(original)
        if hold is None or hold.shard != place.shard:
            raise ModelError("NO_LAPSE_DUE", f"there is no hold {original} in shard {place.shard}")
        if hold.closed_by is not None or place.time_us < hold.until_us:
            raise ModelError("NO_LAPSE_DUE", f"hold {original} is closed, or has not run out")
        self.lapsed += 1
        about = [("original", original), ("until", spell_time(hold.until_us))]
        answer = self.points.answer(None, hold.member, about, *self._end(hold, place, hold.slices))
        return self.points.repay(answer, hold.member, hold.slices, tariff, place.time_us)

    def open(self) -> list[Hold]:
        """Those that nothing became of yet."""
        return [hold for hold in self.by_place.values() if hold.closed_by is None]

    def _find(self, place: Place, asked: Asked, act_id: str) -> Hold | None:
        hold = self.by_act.get((asked.partner, act_id))
        return hold if hold is not None and hold.shard == place.shard else None

    def _why_not_capture(self, hold: Hold, body: Capture, time_us: int) -> str | None:
        if body.asset != hold.asset:
            return "ASSET_DIFFERS"
        if hold.closed_by is not None:
            return "HOLD_CLOSED"
        if time_us >= hold.until_us:
            return "HOLD_EXPIRED"
        return "HOLD_EXCEEDED" if body.amount > hold.amount else None

    def _end(self, hold: Hold, place: Place, rest: list[tuple[Lot, int]]) -> tuple[list[Post], list[str]]:
        """Closes the hold and gives slices of it back."""
        hold.closed_by = place.index
        self.points.held[hold.member, hold.asset] -= hold.amount
        for lot, quantity in rest:
            self.points.move(hold.member, lot, quantity)
        back = sum([quantity for _, quantity in rest])
        way = (f"held:{hold.member}", f"wallet:{hold.member}", hold.asset)
        posts = [Post(*way, back)] if back else []
        return posts, [lot.slice("give", quantity) for lot, quantity in rest]


def first_points(slices: list[tuple[Lot, int]], amount: int) -> list[tuple[Lot, int]]:
    """The slices that so many points make up, from the first on."""
    before, found = 0, []
    for lot, quantity in slices:
        part = min(quantity, max(0, amount - before))
        before += quantity
        if part:
            found.append((lot, part))
    return found


def _of(slices: list[tuple[Lot, int]], lot: Lot) -> int:
    return sum([quantity for each, quantity in slices if each is lot])
