"""Members, aliases and points: docs/ledger.md, "Acts and their postings", and the refusals of Issue, Redeem, Enrol, LinkAlias."""

from collections import Counter
from dataclasses import dataclass, field, replace

from coalition.simulation.model.arrears import Arrears
from coalition.simulation.model.dates import date_of_lot, notice_before
from coalition.simulation.model.fundings import Fundings
from coalition.simulation.model.lots import ON_EVENT, Lot
from coalition.simulation.model.prices import Part, Prices
from coalition.simulation.model.tariffs import Tariff
from coalition.simulation.model.terms import (
    DAY_US,
    LOTS_MAX,
    WALLET_MAX,
    Answer,
    Asked,
    Line,
    ModelError,
    Place,
    Post,
    spell_time,
)
from settlement.house.tariff import Tariff as Terms
from settlement.ledger.acts import Authorize, Enrol, Issue, LinkAlias, MemberName, Redeem, TransferPoints


@dataclass(slots=True)
class Deed:
    """An accepted issue, redemption or capture, which may be reversed.

    `slices`: lots with the points that it put in or took, at `tariff`. `undone`: how many of its points are reversed; of those of
    an issue the funder of each lot took `withdrawn` ones back out of it, and the member came to owe it `owed` ones. `paid_back`:
    lots and of how many points their funders got the money again, reversal by reversal.
    """

    kind: str
    shard: int
    index: int
    partner: str
    member: str
    amount: int
    slices: list[tuple[Lot, int]]
    tariff: Tariff
    asset: str
    undone: int = 0
    withdrawn: Counter[tuple[int, int]] = field(default_factory=Counter)
    owed: Counter[tuple[int, int]] = field(default_factory=Counter)
    paid_back: list[tuple[Lot, int]] = field(default_factory=list)


def parts(slices: list[tuple[Lot, int]]) -> list[Part]:
    """Slices as they are priced."""
    return [(lot.funder, quantity, lot.tariff, lot.asset) for lot, quantity in slices]


@dataclass(slots=True)
class Points:
    """Who is a member where, under which aliases, with which lots; and what was done to them."""

    prices: Prices
    fundings: Fundings
    shard_of: dict[str, int] = field(default_factory=dict)
    member_of: dict[bytes, str] = field(default_factory=dict)
    lots: list[Lot] = field(default_factory=list)
    open_lots: dict[str, dict[tuple[int, int], Lot]] = field(default_factory=dict)
    """A member's lots that hold points, by their names."""
    active_us: dict[str, int] = field(default_factory=dict)
    """When a member was last given points, or spent or held some."""
    expired: list[tuple[Lot, int]] = field(default_factory=list)
    """Points that an `expire` took out of a lot."""
    renewed: list[tuple[Lot, Lot]] = field(default_factory=list)
    """A lot that was over when points came back to it, and the lot that they came back in."""
    held: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What a member has of an asset in open holds."""
    deeds: dict[tuple[str, str], Deed] = field(default_factory=dict)
    """By partner and act id."""
    arrears: Arrears = field(default_factory=Arrears)

    def find(self, shard: int, name: MemberName) -> str | None:
        """The member meant, if it lives in this shard."""
        member = name.member if name.alias is None else self.member_of.get(name.alias)
        return member if member is not None and self.shard_of.get(member) == shard else None

    def lots_of(self, member: str, asset: str) -> list[Lot]:
        """A member's lots of an asset that hold any, those that are over and not seen to yet among them."""
        return [lot for lot in self.open_lots[member].values() if lot.asset == asset]

    def balance(self, member: str, asset: str = "PTS") -> int:
        """What a member can spend of an asset: what is left of its lots."""
        return sum([lot.left for lot in self.lots_of(member, asset) if lot.pending_us is None])

    def pending(self, member: str, asset: str = "PTS") -> int:
        """What a member has of an asset that is pending."""
        return sum([lot.left for lot in self.lots_of(member, asset) if lot.pending_us is not None])

    def most(self, member: str, asset: str) -> int:
        """The balance, should every hold be given back and all that is pending become spendable."""
        return self.balance(member, asset) + self.held[member, asset] + self.pending(member, asset)

    def fewest_idle(self, member: str) -> int | None:
        """The fewest months without an act after which any of a member's points expire; None if none do."""
        return min(
            [lot.idle for lot in self.open_lots[member].values() if lot.idle is not None], default=None
        )

    def is_over(self, lot: Lot, now_us: int) -> bool:
        """Whether a lot's moment has come, seen to or not."""
        return lot.is_over(now_us, self.active_us.get(lot.member, 0))

    def move(self, member: str, lot: Lot, points: int) -> None:
        """Puts points into a lot, or takes them out of it."""
        lot.left += points
        if lot.left:
            self.open_lots[member][lot.name] = lot
        else:
            del self.open_lots[member][lot.name]

    def enrol(self, place: Place, body: Enrol, stopped: str | None) -> Answer:
        """A new member. The aliases are everybody's: none may be taken in any shard."""
        refusal = stopped
        if refusal is None and any(alias in self.member_of for alias in body.aliases):
            refusal = "ALIAS_TAKEN"
        if refusal is not None:
            return Answer(refusal, [])
        self.join(place, body.member, *body.aliases)
        return self.answer(None, body.member, [])

    def join(self, place: Place, member: str, *aliases: bytes) -> None:
        """Somebody new in this shard. ModelError MEMBER_EXISTS."""
        if not member or member in self.shard_of:
            raise ModelError("MEMBER_EXISTS", f"member {member!r} is enrolled already, or nobody")
        self.shard_of[member], self.open_lots[member] = place.shard, {}
        self.member_of |= dict.fromkeys(aliases, member)

    def link(self, place: Place, body: LinkAlias, stopped: str | None) -> Answer:
        """One more alias of a member."""
        member = self.find(place.shard, MemberName(member=body.member))
        refusal = stopped
        if refusal is None and member is None:
            refusal = "MEMBER_UNKNOWN"
        if refusal is None and body.alias in self.member_of:
            refusal = "ALIAS_TAKEN"
        if refusal is None and member is not None:
            self.member_of[body.alias] = member
        return self.answer(refusal, member, [])

    def issue(self, place: Place, asked: Asked, body: Issue, tariff: Tariff, stopped: str | None) -> Answer:
        """A new lot for each who funds it and pays for it."""
        member, partner, amount = self.find(place.shard, body.name), asked.partner, body.amount
        about = [("amount", f"{body.asset} {amount}"), ("occurred", spell_time(body.occurred_at_us))]
        until = body.pending_until_us
        if until is not None:
            about.append(("pending", "event" if until == ON_EVENT else spell_time(until)))
        about += [] if body.campaign is None else [("campaign", body.campaign)]
        parts = self.fundings.parts(place, partner, body.campaign, amount)
        refusal = stopped
        if refusal is None and member is None:
            refusal = "MEMBER_UNKNOWN"
        if refusal is None and not parts:
            refusal = "CAMPAIGN_UNKNOWN"
        if refusal is None and member is not None and self.most(member, body.asset) + amount > WALLET_MAX:
            refusal = "LIMIT_EXCEEDED"
        if refusal is not None or member is None:
            return self.answer(refusal, member, about)
        lots = [self._lot(place, nth, member, funder, tariff, body) for nth, funder in enumerate(parts)]
        slices = list(zip(lots, parts.values(), strict=True))
        posts = [Post(f"issued:{lot.funder}", lot.account, body.asset, points) for lot, points in slices]
        for lot, points in slices:
            lot.quantity = points
            self.lots.append(lot)
            self.move(member, lot, points)
            posts += self.prices.of_issue(lot.funder, points, tariff, body.asset)
        self.active_us[member] = place.time_us
        self._note(place, asked, member, slices, tariff)
        answer = self.answer(None, member, about, posts, [lot.made() for lot in lots])
        if lots[0].pending_us is not None:
            return answer
        return self.repay(answer, member, slices, tariff, place.time_us)

    def _note(
        self, place: Place, asked: Asked, member: str, slices: list[tuple[Lot, int]], tariff: Tariff
    ) -> None:
        """What an accepted act did, should it be reversed."""
        kind, amount = type(asked.body).__name__.lower(), sum([quantity for _, quantity in slices])
        facts = (place.shard, place.index, asked.partner, member, amount, slices, tariff)
        self.deeds[asked.partner, asked.act_id] = Deed(kind, *facts, slices[0][0].asset)

    def _lot(self, place: Place, number: int, member: str, funder: str, tariff: Tariff, body: Issue) -> Lot:
        """An empty lot of what is issued here."""
        lot = Lot(place.shard, place.index, number, member, funder, 0, 0, tariff, asset=body.asset)
        expiry, until = tariff.terms.value_expiry, body.pending_until_us
        if body.asset == "PTS":
            expiry = tariff.terms.expiry
        lot.date_us = date_of_lot(expiry, place.time_us)
        if expiry.startswith("activity-"):
            lot.idle = int(expiry.removeprefix("activity-"))
        lot.notice_us = notice_before(lot.date_us, tariff.terms.notice_days, place.time_us)
        if until is not None and until > place.time_us:
            lot.pending_us = until
        return lot

    def repay(
        self, answer: Answer, member: str, slices: list[tuple[Lot, int]], tariff: Tariff, now_us: int
    ) -> Answer:
        """The answer with what the points credited to the member, and not over, repay of its arrears."""
        living = [(lot, points) for lot, points in slices if not self.is_over(lot, now_us)]
        for piece in self.arrears.repay(answer, member, living, tariff, self.prices):
            self.move(member, piece.lot, -piece.points)
        answer.balance_after = self.balance(member, slices[0][0].asset) if slices else answer.balance_after
        return answer

    def redeem(self, place: Place, asked: Asked, body: Redeem, tariff: Tariff, stopped: str | None) -> Answer:
        """Points out of the member's lots, in their turn, for which the caller is paid at the tariff of now."""
        member, partner = self.find(place.shard, body.name), asked.partner
        about = [("amount", f"{body.asset} {body.amount}"), ("occurred", spell_time(body.occurred_at_us))]
        refusal, slices = self.to_spend(place, member, body)
        refusal = stopped or refusal
        if refusal is not None or member is None:
            return self.answer(refusal, member, about)
        posts = [Post(f"wallet:{member}", f"redeemed:{partner}", body.asset, body.amount)]
        posts += self.prices.of_redemption(partner, parts(slices), tariff)
        for lot, quantity in slices:
            self.move(member, lot, -quantity)
        self.active_us[member] = place.time_us
        self._note(place, asked, member, slices, tariff)
        taken = [lot.slice("take", quantity) for lot, quantity in slices]
        return self.answer(None, member, about, posts, taken, tariff.number)

    def to_spend(
        self, place: Place, member: str | None, body: Redeem | TransferPoints | Authorize
    ) -> tuple[str | None, list[tuple[Lot, int]]]:
        """Why what is asked for is not to be had, or what each lot of that asset gives, in its turn."""
        if member is None:
            return "MEMBER_UNKNOWN", []
        slices: list[tuple[Lot, int]] = []
        missing = body.amount
        for lot in sorted(self.lots_of(member, body.asset), key=lambda lot: lot.turn):
            if missing == 0:
                break
            if lot.pending_us is None and not self.is_over(lot, place.time_us):
                slices.append((lot, min(lot.left, missing)))
                missing -= slices[-1][1]
        if self.balance(member, body.asset) < body.amount:
            return "INSUFFICIENT_POINTS", []
        if missing:
            return "LOT_EXPIRED", []
        return "TOO_MANY_LOTS" if len(slices) > LOTS_MAX else None, slices

    def give_back(
        self, place: Place, slices: list[tuple[Lot, int]], terms: Terms
    ) -> tuple[list[str], list[tuple[Lot, int]]]:
        """Each slice to its lot; to a new one until the end of the grace, if the lot's date has passed.

        The `lot` lines, and which lots the points are in now.
        """
        grace_us = place.time_us + terms.grace_days * DAY_US
        made: list[str] = []
        given: list[str] = []
        credited: list[tuple[Lot, int]] = []
        for lot, quantity in slices:
            if lot.date_us is None or lot.date_us > place.time_us:
                self.move(lot.member, lot, quantity)
                given.append(lot.slice("give", quantity))
                credited.append((lot, quantity))
                continue
            new = replace(
                lot,
                index=place.index,
                place=len(made),
                quantity=quantity,
                left=0,
                over=0,
                forgiven=0,
                date_us=grace_us,
                notice_us=notice_before(grace_us, terms.notice_days, place.time_us),
            )
            self.lots.append(new)
            self.renewed.append((lot, new))
            self.move(lot.member, new, quantity)
            made.append(f"{lot.slice('renew', quantity)} {spell_time(grace_us)}")
            credited.append((new, quantity))
        return made + given, credited

    def answer(
        self,
        refusal: str | None,
        member: str | None,
        about: list[Line],
        posts: list[Post] | None = None,
        lots: list[str] | None = None,
        tariff: int | None = None,
    ) -> Answer:
        """With the member's line first and its balance after the act, whether that was refused or not."""
        if member is None:
            return Answer(refusal, about)
        asset = dict(about).get("amount", "PTS").split(" ")[0]
        facts = (posts or [], lots or [], member, self.balance(member, asset), tariff)
        return Answer(refusal, [("member", member), *about], *facts)
