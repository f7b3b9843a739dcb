"""Lines of bank statements: docs/clearing.md, "Money in"."""

import hashlib

from coalition.simulation.model.banking import Banking
from coalition.simulation.model.settlements import Settlement, Settlements
from coalition.simulation.model.terms import Answer, Line, Place, Post
from settlement.banking.acts import BankLine, ImportBankStatement

Leg = tuple[int, str]
"""Settlement and participant."""


class BankStatements:
    """What banks said, and what of it pays no leg."""

    def __init__(
        self, banking: Banking, settlements: Settlements, operator: str, currency: tuple[str, int]
    ) -> None:
        self._banking, self._settlements, self._operator = banking, settlements, operator
        self._currency, digits = currency
        self.unit = 1_000_000 // 10**digits
        self.known: set[str] = set()
        self.breaks: dict[str, int] = {}
        """By line: minor units that came in, while nobody has ended it."""

    def take_in(self, place: Place, body: ImportBankStatement) -> Answer:
        """Each line pays the leg that it names, or stands in suspense."""
        about: list[Line] = [("statement", _hash(body.iban, body.statement_id))]
        own = self._banking.accounts.get(self._operator)
        if own is None or own.iban != body.iban:
            return Answer("ACCOUNT_MISSING", about)
        names = [_hash(body.iban, body.statement_id, line.entry) for line in body.lines]
        if self.known & set(names):
            return Answer("STATEMENT_KNOWN", about)
        posts = []
        for name, line, (found, leg) in zip(names, body.lines, self._matched(body.lines), strict=True):
            said = "" if leg is None else f" {leg[0]} {leg[1]}"
            about.append(("bank-line", f"{name} {line.amount_minor} {line.booked_on} {found}{said}"))
            other = "suspense"
            if found == "paid" and leg is not None:
                self._settlement(leg).paid[leg[1]] = place.index
                other = f"settling:{leg[0]}:{leg[1]}"
            else:
                self.breaks[name] = line.amount_minor
            sides = ("bank", other) if line.amount_minor > 0 else (other, "bank")
            posts.append(Post(*sides, self._currency, abs(line.amount_minor) * self.unit))
        self.known |= set(names)
        return Answer(None, about, posts)

    def _settlement(self, leg: Leg) -> Settlement:
        found = self._settlements.numbered(leg[0])
        assert found is not None
        return found

    def _matched(self, lines: tuple[BankLine, ...]) -> list[tuple[str, Leg | None]]:
        """What became of each line, and the leg that it names or pays."""
        legs = self._legs()
        open_legs = {leg for leg in legs if leg[1] in self._settlement(leg).unpaid()}
        answers: dict[int, tuple[str, Leg | None]] = {}
        for at, line in enumerate(lines):
            leg = self._named(line, legs)
            if leg is None:
                continue
            if leg not in open_legs:
                answers[at] = ("break paid", leg)
            elif legs[leg] != line.amount_minor:
                answers[at] = ("break amount", leg)
            else:
                open_legs.remove(leg)
                answers[at] = ("paid", leg)
        nameless = [at for at in range(len(lines)) if at not in answers]
        for at in nameless:
            line = lines[at]
            theirs = [
                leg for leg in open_legs if legs[leg] == line.amount_minor and self._iban(leg) == line.iban
            ]
            same = [other for other in nameless if self._pair(lines[other]) == self._pair(line)]
            alone = line.iban and len(theirs) == 1 and len(same) == 1
            answers[at] = ("paid", theirs[0]) if alone else ("break unknown", None)
        return [answers[at] for at in range(len(lines))]

    def _legs(self) -> dict[Leg, int]:
        """Of settlements that are approved and not paid in full; the operator's own need no bank."""
        return {
            (each.number, name): unpaid.get(name, net)
            for each in self._settlements.all
            if (unpaid := each.unpaid())
            for name, net in each.legs().items()
            if name != self._operator
        }

    def _named(self, line: BankLine, legs: dict[Leg, int]) -> Leg | None:
        for leg in legs:
            if self._banking.end_to_end(*leg) == line.end_to_end_id.upper():
                return leg
        words, said = line.remittance.upper().split(), line.reference.upper().replace(" ", "")
        spans = {
            "".join(words[start:end])
            for end in range(len(words) + 1)
            for start in range(max(0, end - 7), end)
        }
        named = [
            leg
            for leg in legs
            if self._banking.reference(*leg) in {said, *spans}
            or self._banking.end_to_end(*leg) in {said, *words}
        ]
        fitting = [leg for leg in named if legs[leg] == line.amount_minor] or named
        return fitting[0] if len(fitting) == 1 else None

    def _iban(self, leg: Leg) -> str:
        account = self._banking.accounts.get(leg[1])
        return "" if account is None else account.iban

    def _pair(self, line: BankLine) -> tuple[int, str]:
        return line.amount_minor, line.iban


def _hash(*words: str) -> str:
    return hashlib.sha256("".join([f"{word}\n" for word in words]).encode()).hexdigest()
