"""Members, aliases and points: docs/ledger.md, "Acts and their postings", and the refusals of Issue, Redeem, Enrol, LinkAlias."""

from dataclasses import dataclass, field

from coalition.simulation.model.arrears import Arrears
from coalition.simulation.model.partners import Tariff
from coalition.simulation.model.terms import (
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
from settlement.ledger.acts import Enrol, Issue, LinkAlias, MemberName, Redeem


@dataclass(slots=True)
class Lot:
    """Points issued together: who owes for them, and how many are left."""

    shard: int
    index: int
    funder: str
    quantity: int
    left: int

    def slice(self, verb: str, points: int) -> str:
        """The value of a `lot` line that takes points from the lot or gives them back. An issue makes one lot, at place 0."""
        return f"{verb} {self.shard}:{self.index}.0 {points}"


@dataclass(slots=True)
class Deed:
    """An accepted issue or redemption, which may be reversed.

    `slices`: lots with the points that it put in or took, at `rate_micros`. `undone`: how many of its points are reversed,
    `withdrawn` how many of those the issuer took back out of the lot.
    """

    kind: str
    shard: int
    index: int
    partner: str
    member: str
    amount: int
    slices: list[tuple[Lot, int]]
    rate_micros: int
    undone: int = 0
    withdrawn: int = 0


@dataclass(slots=True)
class Points:
    """Who is a member where, under which aliases, with which lots; and what was done to them."""

    currency: str
    shard_of: dict[str, int] = field(default_factory=dict)
    member_of: dict[bytes, str] = field(default_factory=dict)
    lots: list[Lot] = field(default_factory=list)
    open_lots: dict[str, dict[int, Lot]] = field(default_factory=dict)
    """A member's lots that hold points, by their entry number."""
    deeds: dict[tuple[str, str], Deed] = field(default_factory=dict)
    """By partner and act id."""
    arrears: Arrears = field(default_factory=Arrears)

    def find(self, shard: int, name: MemberName) -> str | None:
        """The member meant, if it lives in this shard."""
        member = name.member if name.alias is None else self.member_of.get(name.alias)
        return member if member is not None and self.shard_of.get(member) == shard else None

    def balance(self, member: str) -> int:
        """A member's spendable points: what is left of its lots."""
        return sum([lot.left for lot in self.open_lots[member].values()])

    def move(self, member: str, lot: Lot, points: int) -> None:
        """Puts points into a lot, or takes them if they are negative."""
        lot.left += points
        if lot.left:
            self.open_lots[member][lot.index] = lot
        else:
            del self.open_lots[member][lot.index]

    def enrol(self, place: Place, body: Enrol, stopped: str | None) -> Answer:
        """A new member. The aliases are everybody's: none may be taken in any shard."""
        refusal = stopped
        if refusal is None and any(alias in self.member_of for alias in body.aliases):
            refusal = "ALIAS_TAKEN"
        if refusal is not None:
            return Answer(refusal, [])
        if body.member in self.shard_of:
            raise ModelError("MEMBER_EXISTS", f"member {body.member} is enrolled already")
        self.shard_of[body.member], self.open_lots[body.member] = place.shard, {}
        self.member_of |= dict.fromkeys(body.aliases, body.member)
        return self.answer(None, body.member, [])

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
        """A new lot, which the caller funds."""
        member, partner, amount = self.find(place.shard, body.name), asked.partner, body.amount
        about = [("amount", f"PTS {amount}"), ("occurred", spell_time(body.occurred_at_us))]
        refusal = stopped
        if refusal is None and member is None:
            refusal = "MEMBER_UNKNOWN"
        if refusal is None and member is not None and self.balance(member) + amount > WALLET_MAX:
            refusal = "LIMIT_EXCEEDED"
        if refusal is not None or member is None:
            return self.answer(refusal, member, about)
        lot = Lot(place.shard, place.index, partner, amount, 0)
        self.lots.append(lot)
        self.move(member, lot, amount)
        posts = [Post(f"issued:{partner}", f"wallet:{member}", "PTS", amount)]
        self.deeds[partner, asked.act_id] = Deed(
            "issue", place.shard, place.index, partner, member, amount, [(lot, amount)], tariff.rate_micros
        )
        made = [f"new {partner} PTS {amount} never {tariff.number}"]
        answer = self.answer(None, member, about, posts, made)
        return self.repay(answer, member, [(lot, amount)], tariff)

    def repay(self, answer: Answer, member: str, slices: list[tuple[Lot, int]], tariff: Tariff) -> Answer:
        """The answer with what the points credited to the member repay of its arrears."""
        for piece in self.arrears.repay(answer, member, slices, tariff, self.currency):
            self.move(member, piece.lot, -piece.points)
        answer.balance_after = self.balance(member)
        return answer

    def redeem(self, place: Place, asked: Asked, body: Redeem, tariff: Tariff, stopped: str | None) -> Answer:
        """Points out of the member's oldest lots; whoever funded them owes the caller, at the rate of now."""
        member, partner = self.find(place.shard, body.name), asked.partner
        about = [("amount", f"PTS {body.amount}"), ("occurred", spell_time(body.occurred_at_us))]
        slices = [] if member is None else self._slices(member, body.amount)
        refusal = stopped or self._why_not_redeem(member, body.amount, len(slices))
        if refusal is not None or member is None:
            return self.answer(refusal, member, about)
        posts = [Post(f"wallet:{member}", f"redeemed:{partner}", "PTS", body.amount)]
        for funder in dict.fromkeys(lot.funder for lot, _ in slices):
            points = sum([quantity for lot, quantity in slices if lot.funder == funder])
            if funder != partner:
                owed = points * tariff.rate_micros
                posts.append(Post(f"position:{funder}", f"position:{partner}", self.currency, owed))
        for lot, quantity in slices:
            self.move(member, lot, -quantity)
        self.deeds[partner, asked.act_id] = Deed(
            "redeem", place.shard, place.index, partner, member, body.amount, slices, tariff.rate_micros
        )
        taken = [lot.slice("take", quantity) for lot, quantity in slices]
        return self.answer(None, member, about, posts, taken, tariff.number)

    def _slices(self, member: str, amount: int) -> list[tuple[Lot, int]]:
        """What each lot gives until the amount is reached or nothing is left: oldest first, as no points expire yet."""
        slices, missing = [], amount
        for _, lot in sorted(self.open_lots[member].items()):
            if missing == 0:
                break
            slices.append((lot, min(lot.left, missing)))
            missing -= slices[-1][1]
        return slices

    def _why_not_redeem(self, member: str | None, amount: int, lots: int) -> str | None:
        if member is None:
            return "MEMBER_UNKNOWN"
        if self.balance(member) < amount:
            return "INSUFFICIENT_POINTS"
        return "TOO_MANY_LOTS" if lots > LOTS_MAX else None

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
        return Answer(
            refusal,
            [("member", member), *about],
            posts or [],
            lots or [],
            member,
            self.balance(member),
            tariff,
        )
