"""Which leg a line of a bank statement pays: pure, and the same whatever the order of legs.

Rules, in their order; the first by which a line names a leg decides, and each leg is paid by one line at most:

1. the leg's end-to-end id;
2. its reference or that id, anywhere in what the payer wrote; of several legs the one of the line's amount;
3. its amount and the IBAN of its participant, if no other unpaid leg and no other nameless line has both.

A line that names a leg and has another amount, or comes when the leg is paid, pays nothing and says so.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from settlement.banking.acts import BankLine
from settlement.banking.identifiers import references_in


class Rule(StrEnum):
    """By what a line was matched."""

    END_TO_END = "end-to-end"
    REFERENCE = "reference"
    IBAN = "iban"


class Why(StrEnum):
    """Why a line pays no leg."""

    UNKNOWN = "unknown"
    AMOUNT = "amount"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class OpenLeg:
    """A leg as a bank sees it, in minor units: positive is paid to the operator, negative by it."""

    settlement: int
    participant: str
    amount_minor: int
    end_to_end_id: str
    reference: str
    iban: str
    paid: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A line and the leg that it pays, by which rule; or why it pays none, and which leg it speaks of, if it names one."""

    line: BankLine
    leg: OpenLeg | None
    rule: Rule | None
    why: Why | None = None


def match_lines(lines: Sequence[BankLine], legs: Iterable[OpenLeg]) -> list[Match]:
    """One match per line, in the order of the lines. Of two lines that pay the same leg the first does."""
    known = list(legs)
    names = {name: leg for leg in known for name in (leg.end_to_end_id, leg.reference)}
    unpaid = {leg for leg in known if not leg.paid}
    matches: dict[int, Match] = {}
    nameless: dict[int, BankLine] = {}
    for place, line in enumerate(lines):
        leg, rule = _named(line, names)
        if leg is None:
            nameless[place] = line
        elif leg.amount_minor != line.amount_minor or leg not in unpaid:
            matches[place] = Match(line, leg, None, Why.AMOUNT if leg in unpaid else Why.PAID)
        else:
            unpaid.remove(leg)
            matches[place] = Match(line, leg, rule)
    alone = _alone(unpaid, nameless.values())
    for place, line in nameless.items():
        leg = alone.get((line.amount_minor, line.iban))
        matches[place] = Match(line, leg, Rule.IBAN) if leg else Match(line, None, None, Why.UNKNOWN)
    return [matches[place] for place in range(len(lines))]


def _named(line: BankLine, names: Mapping[str, OpenLeg]) -> tuple[OpenLeg | None, Rule]:
    """The leg that a line names; of several the one of its amount, and none if more have it."""
    leg = names.get(line.end_to_end_id.upper())
    if leg is not None:
        return leg, Rule.END_TO_END
    found = {names[name] for name in _names_in(line) if name in names}
    fitting = {leg for leg in found if leg.amount_minor == line.amount_minor}
    chosen = fitting or found
    return (next(iter(chosen)) if len(chosen) == 1 else None), Rule.REFERENCE


def _names_in(line: BankLine) -> Iterator[str]:
    """What may be a leg's name, wherever the payer wrote it."""
    yield "".join(line.reference.upper().split())
    yield from references_in(line.remittance)
    yield from line.remittance.upper().split()


def _alone(legs: Iterable[OpenLeg], lines: Iterable[BankLine]) -> dict[tuple[int, str], OpenLeg]:
    """By amount and IBAN: legs that share both with no other, and with one line."""
    pairs = Counter([(line.amount_minor, line.iban) for line in lines if line.iban])
    legs_of: dict[tuple[int, str], list[OpenLeg]] = {}
    for leg in legs:
        legs_of.setdefault((leg.amount_minor, leg.iban), []).append(leg)
    return {pair: own[0] for pair, own in legs_of.items() if len(own) == 1 and pairs[pair] == 1}
