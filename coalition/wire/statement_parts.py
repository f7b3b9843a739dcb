"""A bank's statement as requests: in parts, and in the letters of the journal."""

from collections.abc import Iterator

from coalition.wire.banking import LINES_MAX
from settlement.banking.acts import BankLine, ImportBankStatement
from settlement.banking.camt053 import BankStatement


def parts_of(statement: BankStatement) -> Iterator[ImportBankStatement]:
    """What is asked, part by part, to take in a whole statement; each part is taken in once."""
    for start in range(0, len(statement.lines), LINES_MAX):
        lines = tuple(map(_sendable, statement.lines[start : start + LINES_MAX]))
        yield ImportBankStatement(statement.iban, _plain(statement.statement_id, 35), lines)


def _sendable(line: BankLine) -> BankLine:
    """What a bank writes beside the journal's letters becomes a question mark."""
    return BankLine(
        _plain(line.entry, 50),
        line.amount_minor,
        line.booked_on,
        _plain(line.end_to_end_id, 35),
        _plain(line.reference, 35),
        _plain(line.remittance, 140),
        _plain(line.iban, 34),
    )


def _plain(text: str, most: int) -> str:
    return "".join([letter if " " <= letter <= "~" else "?" for letter in text])[:most].strip()
