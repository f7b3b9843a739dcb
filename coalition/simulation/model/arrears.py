"""What members owe: docs/ledger.md, "Arrears"."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from coalition.simulation.model.prices import Prices
from coalition.simulation.model.tariffs import Tariff
from coalition.simulation.model.terms import REPAYMENTS_MAX, Answer, Post

if TYPE_CHECKING:
    from coalition.simulation.model.lots import Lot


@dataclass(slots=True)
class Arrear:
    """Points that a member owes a partner since one reversal; issued under `tariff`."""

    shard: int
    index: int
    place: int
    member: str
    partner: str
    quantity: int
    left: int
    tariff: Tariff
    asset: str


@dataclass(frozen=True, slots=True)
class Repayment:
    """Points of one lot that repaid one arrear, at the rate of a tariff."""

    lot: "Lot"
    arrear: Arrear
    points: int
    tariff: Tariff


@dataclass(slots=True)
class Arrears:
    """All arrears in the order in which they were made, by member, and all that was repaid."""

    of: dict[str, list[Arrear]] = field(default_factory=dict)
    repaid: list[Repayment] = field(default_factory=list)

    def owed(self, member: str, asset: str) -> int:
        """What a member owes of an asset to all partners together."""
        return sum([arrear.left for arrear in self.of.get(member, []) if arrear.asset == asset])

    def all(self) -> list[Arrear]:
        """Every arrear there ever was."""
        return [arrear for arrears in self.of.values() for arrear in arrears]

    def repay(
        self, answer: Answer, member: str, slices: list[tuple["Lot", int]], tariff: Tariff, prices: Prices
    ) -> list[Repayment]:
        """Writes into the answer what points just credited repay, and says so; whose lots they are takes them out."""
        pieces = self._pieces(member, slices, tariff)
        for partner in dict.fromkeys(piece.arrear.partner for piece in pieces):
            mine = [piece for piece in pieces if piece.arrear.partner == partner]
            points = sum([piece.points for piece in mine])
            way = (f"wallet:{member}", f"arrears:{member}:{partner}", mine[0].arrear.asset)
            answer.posts.append(Post(*way, points))
            taken = [(p.lot.funder, p.points, p.lot.tariff, p.lot.asset) for p in mine]
            owed = [(partner, p.points, p.arrear.tariff, p.arrear.asset) for p in mine]
            answer.posts += prices.of_repayment(partner, taken, owed, tariff)
        for lot, _ in slices:
            points = sum([piece.points for piece in pieces if piece.lot is lot])
            answer.lots += [lot.slice("take", points)] if points else []
        for arrear in self.of.get(member, []):
            points = sum([piece.points for piece in pieces if piece.arrear is arrear])
            answer.arrears += (
                [f"take {arrear.shard}:{arrear.index}.{arrear.place} {points}"] if points else []
            )
        answer.tariff = tariff.number if pieces else answer.tariff
        self.repaid += pieces
        return pieces

    def _pieces(self, member: str, slices: list[tuple["Lot", int]], tariff: Tariff) -> list[Repayment]:
        """The oldest arrear of the same asset is repaid from the first slice on, then the next one, until either is used up."""
        pieces: list[Repayment] = []
        unused = [points for _, points in slices]
        at = 0
        assets = {lot.asset for lot, _ in slices}
        for arrear in [each for each in self.of.get(member, []) if each.asset in assets]:
            while arrear.left and at < len(slices) and len(pieces) < REPAYMENTS_MAX:
                points = min(arrear.left, unused[at])
                pieces.append(Repayment(slices[at][0], arrear, points, tariff))
                arrear.left -= points
                unused[at] -= points
                at += unused[at] == 0
        return pieces
