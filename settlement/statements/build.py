"""What a cycle's book says to one participant. Pure; amounts in the currency's minor unit.

net = owes - owed,  closing = opening - settled + net;  positive: the participant pays, negative: it is paid
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from settlement.clearing.netting import net
from settlement.errors import CoalitionError
from settlement.house.legs import legs_of
from settlement.money import POINTS, VALUE
from settlement.statements.cyclebook import Activity, CycleBook, Owed, Tally
from settlement.statements.purposes import PURPOSES, Charge, with_carried

NOTHING = Owed(0, 0)


@dataclass(frozen=True, slots=True)
class Line:
    """The cycle with one counterparty: what the participant owes it, gross, and what it is owed by it; and both by purpose."""

    counterparty: str
    name: str
    owes: Owed
    owed: Owed
    owes_for: Mapping[str, Charge]
    owed_for: Mapping[str, Charge]

    @property
    def net_minor(self) -> int:
        """The bilateral net: positive pays."""
        return self.owes.amount_minor - self.owed.amount_minor


@dataclass(frozen=True, slots=True)
class Statement:
    """One participant's cycle. The cycle's own facts are those of `book`.

    `document`: its number, which counts the statements of the cycles in order, and in each of them its participants; None for a
    statement of zeros that nobody needs. `due_minor`: what is to be paid, positive, or to be received when the cycle is settled:
    the net, unless it is deferred; of the operator with all that are deferred.
    """

    book: CycleBook
    partner: str
    name: str
    document: int | None
    opening_minor: int
    settled_minor: int
    due_minor: int
    lines: tuple[Line, ...]
    activity: Activity
    value: Activity

    @property
    def owes(self) -> Owed:
        """Gross over all counterparties: what the participant owes."""
        return _total([line.owes for line in self.lines])

    @property
    def owed(self) -> Owed:
        """Gross over all counterparties: what the participant is owed."""
        return _total([line.owed for line in self.lines])

    @property
    def owes_for(self) -> dict[str, Charge]:
        """What the participant owes, by purpose."""
        return _by_purpose([line.owes_for for line in self.lines])

    @property
    def owed_for(self) -> dict[str, Charge]:
        """What the participant is owed, by purpose."""
        return _by_purpose([line.owed_for for line in self.lines])

    @property
    def net_minor(self) -> int:
        """The multilateral net of the cycle: positive pays."""
        return self.owes.amount_minor - self.owed.amount_minor

    @property
    def closing_minor(self) -> int:
        """The position after the cycle."""
        return self.opening_minor - self.settled_minor + self.net_minor

    @property
    def outcome(self) -> str:
        """What the cycle's net means, in words."""
        if self.due_minor == 0:
            return "deferred" if self.partner in self.book.deferred else "nothing due"
        return "pays" if self.due_minor > 0 else "is paid"


def participants(book: CycleBook) -> list[str]:
    """Who gets a statement, in order. A net of zero is no reason to stay silent.

    All with an obligation or activity in the cycle, with a position before it, or with a part in a settlement in it.
    """
    parties = {participant for pair in book.obligations for participant in pair}
    standing = {
        name for amounts in (book.opening, book.settled) for name, amount in amounts.items() if amount
    }
    return sorted(parties | standing | book.activity.keys() | book.value.keys())


class Telling:
    """Makes the statements of one cycle: one pass over its obligations, then for each statement its own lines."""

    def __init__(self, book: CycleBook) -> None:
        self.book = book
        self.partners = participants(book)
        self._numbers = {name: number for number, name in enumerate(self.partners, book.first_document)}
        self._pairs = _by_partner(book.obligations)
        nets = net({pair: owed.amount_minor for pair, owed in book.obligations.items()}).nets
        self._due = legs_of(nets, book.deferred, operator=book.operator)

    def of(self, partner: str) -> Statement:
        """One participant's statement, of zeros if nothing happened. CoalitionError PARTNER_NOT_FOUND for a stranger."""
        if partner not in self.book.names:
            message = f"no partner {partner!r} is registered"
            raise CoalitionError("PARTNER_NOT_FOUND", message, field="partner_id")
        return _statement(
            self.book,
            partner,
            self._numbers.get(partner),
            self._due.get(partner, 0),
            self._pairs.get(partner, {}),
        )


def statement(book: CycleBook, partner: str) -> Statement:
    """One participant's statement. Raises as `Telling.of`."""
    return Telling(book).of(partner)


def statements(book: CycleBook) -> Iterator[Statement]:
    """The statements of all participants, in order."""
    telling = Telling(book)
    return map(telling.of, telling.partners)


_Sides = dict[str, tuple[Owed, Owed]]
"""Counterparty to what is owed to it and what it owes."""


def _by_partner(obligations: Mapping[tuple[str, str], Owed]) -> dict[str, _Sides]:
    found: dict[str, _Sides] = {}
    for (debtor, creditor), owed in obligations.items():
        back = obligations.get((creditor, debtor), NOTHING)
        found.setdefault(debtor, {})[creditor] = (owed, back)
        found.setdefault(creditor, {})[debtor] = (back, owed)
    return found


def _statement(
    book: CycleBook, partner: str, document: int | None, due_minor: int, sides: _Sides
) -> Statement:
    return Statement(
        book=book,
        partner=partner,
        name=book.names[partner],
        document=document,
        opening_minor=book.opening.get(partner, 0),
        settled_minor=book.settled.get(partner, 0),
        due_minor=due_minor,
        lines=tuple([_line(book, partner, other, *sides[other]) for other in sorted(sides)]),
        activity=_with_late(book, POINTS, book.activity, partner),
        value=_with_late(book, VALUE, book.value, partner),
    )


def _with_late(book: CycleBook, asset: str, activity: Mapping[str, Activity], partner: str) -> Activity:
    return replace(activity.get(partner, Activity()), late=book.late.get(asset, {}).get(partner, Tally()))


def _line(book: CycleBook, partner: str, other: str, owes: Owed, owed: Owed) -> Line:
    owes_for, owed_for = (
        with_carried(book.charges.get(pair, {}), amount.amount_minor, book.minor_digits)
        for pair, amount in (((partner, other), owes), ((other, partner), owed))
    )
    return Line(other, book.names[other], owes, owed, owes_for, owed_for)


def _by_purpose(sides: list[Mapping[str, Charge]]) -> dict[str, Charge]:
    found: dict[str, Charge] = {}
    for purpose in PURPOSES:
        charges = [side[purpose] for side in sides if purpose in side]
        if charges:
            found[purpose] = Charge(sum([one.micros for one in charges]), sum([one.count for one in charges]))
    return found


def _total(parts: list[Owed]) -> Owed:
    return Owed(sum([part.amount_minor for part in parts]), sum([part.count for part in parts]))
