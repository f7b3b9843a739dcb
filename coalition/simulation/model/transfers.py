"""Points that go from one member to another: docs/ledger.md, "Transfers between members" and the row TransferPoints."""

from collections import Counter
from dataclasses import dataclass, field, replace

from coalition.simulation.model.dates import notice_before
from coalition.simulation.model.lots import Lot
from coalition.simulation.model.points import Points
from coalition.simulation.model.tariffs import Tariff
from coalition.simulation.model.terms import (
    DAY_US,
    WALLET_MAX,
    Answer,
    Asked,
    Line,
    ModelError,
    Place,
    Post,
    spell_time,
)
from settlement.ledger.acts import MemberName, TransferPoints


@dataclass(slots=True)
class Transit:
    """Slices on their way to a member of another shard. `arrived_by`: the entry there that put them into its wallet."""

    place: Place
    to_shard: int
    recipient: str
    slices: list[tuple[Lot, int]]
    arrived_by: int | None = None

    @property
    def account(self) -> str:
        """Where the points stand meanwhile."""
        return f"transit:{self.place.shard}:{self.to_shard}"


@dataclass(slots=True)
class Transfers:
    """All that was ever transferred.

    `sent`: points by member and day; `left`: slices that left a lot; `came`: lots that they came in; `fees`: micros by partner;
    `transits`: by the place of the transfer, as `original` lines spell it; `from_elsewhere`: what came of an
    asset to a member by them.
    """

    points: Points
    sent: Counter[tuple[str, int]] = field(default_factory=Counter)
    left: list[tuple[Lot, int]] = field(default_factory=list)
    came: list[Lot] = field(default_factory=list)
    fees: Counter[str] = field(default_factory=Counter)
    transits: dict[str, Transit] = field(default_factory=dict)
    from_elsewhere: Counter[tuple[str, str]] = field(default_factory=Counter)

    def transfer(
        self, place: Place, asked: Asked, body: TransferPoints, tariff: Tariff, stopped: str | None
    ) -> Answer:
        """Slices of the sender's lots become lots of the recipient, at once or when they arrive in its shard."""
        points, amount = self.points, body.amount
        member, recipient = points.find(place.shard, body.name), self._recipient(body.recipient)
        about = [] if recipient is None else [("recipient", recipient)]
        about += [("amount", f"{body.asset} {amount}"), ("occurred", spell_time(body.occurred_at_us))]
        why_not, slices = points.to_spend(place, member, body)
        refusal = stopped or self._why_not(place, member, recipient, body, tariff) or why_not
        if refusal is not None or member is None or recipient is None:
            return points.answer(refusal, member, about)
        for lot, quantity in slices:
            points.move(member, lot, -quantity)
        self.left += slices
        if body.asset == "PTS":
            self.sent[member, place.time_us // DAY_US] += amount
        points.active_us[member] = place.time_us
        fee = points.prices.of_transfer(asked.partner, amount, tariff, body.asset)
        self.fees[asked.partner] += sum(post.amount for post in fee)
        taken = [lot.slice("take", quantity) for lot, quantity in slices]
        if points.shard_of[recipient] != place.shard:
            transit = Transit(place, points.shard_of[recipient], recipient, slices)
            self.transits[f"{place.shard}:{place.index}"] = transit
            posts = [Post(f"wallet:{member}", transit.account, body.asset, amount), *fee]
            sent = [_sent(lot, quantity) for lot, quantity in slices]
            return points.answer(None, member, about, posts, sent + taken, tariff.number)
        points.active_us[recipient] = place.time_us
        new = self._come(place, recipient, slices, place.time_us)
        posts = [Post(f"wallet:{member}", f"wallet:{recipient}", body.asset, amount), *fee]
        made = [lot.made() for lot in new]
        answer = points.answer(None, member, about, posts, made + taken, tariff.number)
        self._repay(answer, recipient, new, tariff)
        return answer

    def arrive(self, place: Place, original: str, tariff: Tariff) -> tuple[list[Line], list[Post]]:
        """The lines and the postings of the entry by which a transfer arrives. ModelError NO_ARRIVAL_DUE if it must not."""
        points, transit = self.points, self.transits.get(original)
        if transit is None or transit.to_shard != place.shard or transit.arrived_by is not None:
            raise ModelError("NO_ARRIVAL_DUE", f"nothing of {original} is on its way to shard {place.shard}")
        transit.arrived_by, recipient = place.index, transit.recipient
        # When it was active is known from its first lot by activity on.
        kept = any(lot.member == recipient and lot.idle is not None for lot in points.lots)
        known_us = points.active_us.get(recipient, 0) if kept else 0
        points.active_us[recipient] = max(known_us, transit.place.time_us)
        new = self._come(place, recipient, transit.slices, transit.place.time_us)
        amount = sum(quantity for _, quantity in transit.slices)
        asset = new[0].asset
        self.from_elsewhere[recipient, asset] += amount
        posts = [Post(transit.account, f"wallet:{recipient}", asset, amount)]
        answer = Answer(None, [], posts, [lot.made() for lot in new])
        self._repay(answer, recipient, new, tariff)
        about = [("member", recipient), ("original", original), ("request", "none")]
        return [*about, *answer.lines()[:-1]], answer.posts

    def under_way(self) -> list[Transit]:
        """What has not arrived yet."""
        return [transit for transit in self.transits.values() if transit.arrived_by is None]

    @property
    def arrived(self) -> int:
        """How many transfers have arrived in another shard."""
        return len(self.transits) - len(self.under_way())

    def _recipient(self, name: MemberName) -> str | None:
        """The member meant, wherever it lives."""
        member = name.member if name.alias is None else self.points.member_of.get(name.alias)
        return member if member in self.points.shard_of else None

    def _why_not(
        self, place: Place, member: str | None, recipient: str | None, body: TransferPoints, tariff: Tariff
    ) -> str | None:
        points, terms, amount, asset = self.points, tariff.terms, body.amount, body.asset
        if member is None:
            return "MEMBER_UNKNOWN"
        if recipient is None:
            return "RECIPIENT_UNKNOWN"
        most, on_a_day = terms.value_transfer_max, 0
        if asset == "PTS":
            most, on_a_day = terms.transfer_points_max, terms.transfer_daily_max
        if most == 0 or member == recipient:
            return "TRANSFER_NOT_ALLOWED"
        if points.arrears.owed(member, asset):
            return "MEMBER_IN_ARREARS"
        sent = self.sent[member, place.time_us // DAY_US] + amount
        if amount > most or 0 < on_a_day < sent:
            return "LIMIT_EXCEEDED"
        lives_here = points.shard_of[recipient] == place.shard
        return (
            "LIMIT_EXCEEDED" if lives_here and points.most(recipient, asset) + amount > WALLET_MAX else None
        )

    def _come(self, place: Place, recipient: str, slices: list[tuple[Lot, int]], sent_us: int) -> list[Lot]:
        """A new lot for each slice, like the lot that it was part of."""
        new = [
            replace(
                lot,
                shard=place.shard,
                index=place.index,
                place=number,
                member=recipient,
                quantity=quantity,
                left=0,
                over=0,
                forgiven=0,
                notice_us=notice_before(lot.date_us, lot.tariff.terms.notice_days, sent_us),
            )
            for number, (lot, quantity) in enumerate(slices)
        ]
        for lot in new:
            self.points.move(recipient, lot, lot.quantity)
        self.points.lots += new
        self.came += new
        return new

    def _repay(self, answer: Answer, recipient: str, new: list[Lot], tariff: Tariff) -> None:
        points = self.points
        slices = [(lot, lot.quantity) for lot in new]
        for piece in points.arrears.repay(answer, recipient, slices, tariff, points.prices):
            points.move(recipient, piece.lot, -piece.points)


def _sent(lot: Lot, quantity: int) -> str:
    """The value of the `lot` line that says what travels: a lot as it will be made."""
    return replace(lot, quantity=quantity).made().replace("new", "send", 1)
