"""Opening balances: docs/ledger.md, the section of that name and the rows ProposeOpening and ApproveOpening."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from coalition.simulation.model.dates import notice_before
from coalition.simulation.model.lots import Lot
from coalition.simulation.model.partners import Partners
from coalition.simulation.model.points import Points
from coalition.simulation.model.tariffs import Tariff
from coalition.simulation.model.terms import PROPOSAL_LIFE_US, Answer, Line, ModelError, Place, Post
from settlement.house.acts import ApproveOpening, ProposeOpening


class PartName(NamedTuple):
    """Whose file, by its hash, and which part of it."""

    partner: str
    file_sha256: str
    part: int


class Brought(NamedTuple):
    """A lot in a file: of whoever has this alias, so many points or minor units of value, until then or for ever."""

    alias: bytes
    quantity: int
    date_us: int | None
    asset: str


@dataclass(slots=True)
class Opening:
    """What a partner offered to fund: lots, members, points and value of a file. `approved`: the house entry that said yes."""

    lots: int
    members: int
    points: int
    value: int
    proposed_at_us: int
    approved: int | None = None


class Openings:
    """The newest proposal of each partner's file."""

    def __init__(self, partners: Partners, points: Points) -> None:
        """`files`: the lots of each part, in order; whoever prepares a file says so here."""
        self._partners = partners
        self._points = points
        self.of: dict[tuple[str, str], Opening] = {}
        self.files: dict[PartName, Sequence[Brought]] = {}
        self.loaded: dict[tuple[int, PartName], tuple[int, int, int, int]] = {}
        """By shard and part: the entry, how many lots, how many points, how much value."""
        self.lots: list[Lot] = []

    def propose(self, place: Place, partner: str, body: ProposeOpening) -> Answer:
        """An offer, which takes the place of an earlier one of the same file unless that was approved."""
        known = self.of.get((partner, body.file_sha256))
        refusal = self._partners.refusal(partner, place.house)
        if refusal is None and known is not None and known.approved is not None:
            refusal = "ALREADY_APPROVED"
        if refusal is None:
            offer = Opening(body.rows, body.members, body.points, body.value, place.time_us)
            self.of[partner, body.file_sha256] = offer
        totals = f"{body.rows} {body.members} {body.points} {body.value}"
        return Answer(refusal, [("proposal", body.file_sha256), ("totals", totals)])

    def approve(self, place: Place, body: ApproveOpening) -> Answer:
        """The operator's yes, within the life of a proposal."""
        about: list[Line] = [("subject", body.partner_id), ("proposal", body.file_sha256)]
        known = self.of.get((body.partner_id, body.file_sha256))
        if known is None:
            return Answer("PROPOSAL_UNKNOWN", about)
        if known.approved is not None:
            return Answer("ALREADY_APPROVED", about)
        if place.time_us - known.proposed_at_us > PROPOSAL_LIFE_US:
            return Answer("PROPOSAL_EXPIRED", about)
        known.approved = place.index
        return Answer(None, about)

    def load(
        self, place: Place, name: PartName, joined: Sequence[str], tariff: Tariff
    ) -> tuple[tuple[Line, ...], list[Post]]:
        """The lines of the one entry that may load the part here, and what it posts. ModelError OPENING_NOT_DUE.

        Whoever nobody knows joins in this shard.
        """
        self._check_due(place, name)
        file, points = self.files[name], self._points
        new = dict.fromkeys(lot.alias for lot in file if lot.alias not in points.member_of)
        if len(new) != len(joined):
            raise ModelError("OPENING_NOT_DUE", f"{len(joined)} members join with {name}, {len(new)} are new")
        for alias, member in zip(new, joined, strict=True):
            points.join(place, member, alias)
        lots: list[Lot] = []
        for alias, quantity, date_us, asset in file:
            member = points.member_of[alias]
            if points.shard_of[member] == place.shard:
                where = (place.shard, place.index, len(lots))
                notice_us = notice_before(date_us, tariff.terms.notice_days, place.time_us)
                terms = (tariff, date_us)
                lots.append(
                    Lot(*where, member, name.partner, quantity, 0, *terms, notice_us=notice_us, asset=asset)
                )
        if not lots:
            raise ModelError("OPENING_NOT_DUE", f"no lot of {name} belongs into shard {place.shard}")
        for lot in lots:
            points.lots.append(lot)
            self.lots.append(lot)
            points.move(lot.member, lot, lot.quantity)
        brought = _sums(lots)
        self.loaded[place.shard, name] = (place.index, len(lots), brought["PTS"], brought["VAL"])
        money = [
            post
            for asset, sum_ in brought.items()
            for post in points.prices.of_issue(name.partner, sum_, tariff, asset)
        ]
        return self._spelled(name, joined, lots, money)

    def _check_due(self, place: Place, name: PartName) -> None:
        opening = self.of.get(name[:2])
        if opening is None or opening.approved is None or opening.approved >= place.house:
            raise ModelError("OPENING_NOT_DUE", f"{name} is not approved")
        if (place.shard, name) in self.loaded or name not in self.files:
            raise ModelError("OPENING_NOT_DUE", f"{name} is loaded in shard {place.shard}, or is no part")
        lots = [lot for part, content in self.files.items() if part[:2] == name[:2] for lot in content]
        totals = (len(lots), len({lot.alias for lot in lots}), *_sums(lots).values())
        if totals != (opening.lots, opening.members, opening.points, opening.value):
            raise ModelError("OPENING_NOT_DUE", f"{name} is approved with other totals than {totals}")

    def _spelled(
        self, name: PartName, joined: Sequence[str], lots: list[Lot], money: list[Post]
    ) -> tuple[tuple[Line, ...], list[Post]]:
        sums = Counter[tuple[str, str]]()
        for lot in lots:
            sums[lot.member, lot.asset] += lot.quantity
        posts = [
            Post(f"issued:{name.partner}", f"wallet:{member}", asset, sum_)
            for (member, asset), sum_ in sums.items()
        ]
        posts += money
        return (
            ("subject", name.partner),
            ("proposal", name.file_sha256),
            ("part", str(name.part)),
            *[("joined", member) for member in joined],
            ("request", "none"),
            *[("post", post.spelled()) for post in posts],
            *[("lot", f"grant {lot.member} {lot.made().removeprefix('new ')}") for lot in lots],
        ), posts


def _sums(lots: Sequence[Brought] | Sequence[Lot]) -> dict[str, int]:
    """What lots of each asset hold together: points first."""
    return {asset: sum(lot.quantity for lot in lots if lot.asset == asset) for asset in ("PTS", "VAL")}
