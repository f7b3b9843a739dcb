"""What a bank says was booked: camt.053, versions 02 and 08. Amounts are read exactly, and the balances must add up."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from settlement.banking.acts import BankLine
from settlement.banking.xml import BankFileError, child, children, parse_document, text, text_if_any

MESSAGES = ("camt.053.001.02", "camt.053.001.08")
LINES_MAX = 100_000
"""Most lines of one file."""
_DECIMAL = re.compile(r"(\d{1,15})(?:\.(\d{1,5}))?", re.ASCII)
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
_SAID_NOTHING = "NOTPROVIDED"


@dataclass(frozen=True, slots=True)
class BankStatement:
    """One statement of one account: what it held, what was booked, what it holds."""

    statement_id: str
    iban: str
    currency: str
    opening_minor: int
    closing_minor: int
    lines: tuple[BankLine, ...]


def read_camt053(data: bytes, *, currency: str, minor_digits: int) -> tuple[BankStatement, ...]:
    """Every statement of a file. BankFileError names the line and the field that are wrong, be it a balance or a currency."""
    message = parse_document(data, MESSAGES)
    reading = _Reading(currency, minor_digits)
    statements = tuple([reading.statement(each) for each in children(message, "Stmt")])
    if not statements:
        raise BankFileError("the file holds no statement", line=message.sourceline, field="Stmt")
    return statements


class _Reading:
    """How the amounts of one file are to be read."""

    def __init__(self, currency: str, minor_digits: int) -> None:
        self._currency, self._digits = currency, minor_digits
        self._lines = 0

    def statement(self, element: Any) -> BankStatement:
        opening = self._balance(element, _OPENING)
        closing = self._balance(element, _CLOSING)
        lines: list[BankLine] = []
        for entry in children(element, "Ntry"):
            if _status(entry) == "BOOK":
                lines += self._entry(entry, len(lines))
        total = sum([line.amount_minor for line in lines])
        if opening + total != closing:
            message = f"opening {opening} and bookings {total} make {opening + total} minor units, the file says {closing}"
            raise BankFileError(message, line=element.sourceline, field="Bal")
        _refuse_doubles(element, lines)
        iban = text(element, "Acct/Id/IBAN", most=34)
        return BankStatement(
            text(element, "Id", most=35), iban, self._currency, opening, closing, tuple(lines)
        )

    def _balance(self, element: Any, kinds: tuple[str, ...]) -> int:
        found = [each for each in children(element, "Bal") if text(each, "Tp/CdOrPrtry/Cd") in kinds]
        if len(found) != 1:
            message = f"{len(found)} balances are of kind {' or '.join(kinds)}, one is right"
            raise BankFileError(message, line=element.sourceline, field="Bal/Tp/CdOrPrtry/Cd")
        return self._amount(found[0], "Amt") * _sign(found[0])

    def _entry(self, entry: Any, earlier: int) -> list[BankLine]:
        """The payments of one entry: of a batch each by itself, if the bank tells their amounts."""
        amount, sign = self._amount(entry, "Amt"), _sign(entry)
        booked = date_of(entry, "BookgDt")
        name = text_if_any(entry, "AcctSvcrRef") or text_if_any(entry, "NtryRef") or f"#{earlier + 1}"
        details = children(entry, "NtryDtls/TxDtls")
        amounts = [self._detailed(each) for each in details] if len(details) > 1 else []
        if not amounts or None in amounts:
            details, amounts = details if len(details) == 1 else [entry], [amount]
        told = [each for each in amounts if each is not None]
        if sum(told) != amount:
            message = f"its payments make {sum(told)} minor units, it says {amount}"
            raise BankFileError(message, line=entry.sourceline, field="NtryDtls/TxDtls")
        self._count(entry, len(told))
        names = [name] if len(told) == 1 else [f"{name}/{place}" for place in range(1, len(told) + 1)]
        return [
            _line(each, detail, sign * part, booked)
            for each, detail, part in zip(names, details, told, strict=True)
        ]

    def _detailed(self, detail: Any) -> int | None:
        for path in ("Amt", "AmtDtls/TxAmt/Amt"):
            if children(detail, path):
                return self._amount(detail, path)
        return None

    def _amount(self, element: Any, path: str) -> int:
        """Minor units, exactly: never rounded."""
        found, words = child(element, path), text(element, path, most=21)
        if found.get("Ccy") != self._currency:
            message = f"the currency is {str(found.get('Ccy'))[:10]!r}, the network's is {self._currency}"
            raise BankFileError(message, line=found.sourceline, field=f"{path}/@Ccy")
        matched = _DECIMAL.fullmatch(words)
        fraction = "" if matched is None else (matched[2] or "").rstrip("0")
        if matched is None or len(fraction) > self._digits:
            message = f"{words!r} is no amount with at most {self._digits} decimals"
            raise BankFileError(message, line=found.sourceline, field=path)
        return int(matched[1] + fraction.ljust(self._digits, "0"))

    def _count(self, entry: Any, lines: int) -> None:
        self._lines += lines
        if self._lines > LINES_MAX:
            raise BankFileError(
                f"more than {LINES_MAX} lines are too many", line=entry.sourceline, field="Ntry"
            )


def _status(entry: Any) -> str:
    """`BOOK` of what is booked; version 08 says it in an element of its own."""
    return text_if_any(entry, "Sts/Cd") or text(entry, "Sts")


def _sign(element: Any) -> int:
    word = text(element, "CdtDbtInd")
    if word not in ("CRDT", "DBIT"):
        message = f"{word!r} is neither CRDT nor DBIT"
        raise BankFileError(message, line=element.sourceline, field="CdtDbtInd")
    return 1 if word == "CRDT" else -1


def date_of(element: Any, path: str) -> date:
    """The day at a path, which says a day or a time of one."""
    words = text_if_any(element, f"{path}/Dt") or text(element, f"{path}/DtTm")
    try:
        return date.fromisoformat(words[:10])
    except ValueError:
        message = f"{words!r} is no date"
        raise BankFileError(message, line=element.sourceline, field=path) from None


def _line(entry: str, detail: Any, amount_minor: int, booked_on: date) -> BankLine:
    """What is told of one payment; the other side is the debtor of what came in and the creditor of what went out."""
    role = "Dbtr" if amount_minor > 0 else "Cdtr"
    name = text_if_any(detail, f"RltdPties/{role}/Pty/Nm") or text_if_any(detail, f"RltdPties/{role}/Nm")
    end_to_end = text_if_any(detail, "Refs/EndToEndId")
    words = [(each.text or "").strip() for each in children(detail, "RmtInf/Ustrd")]
    return BankLine(
        entry,
        amount_minor,
        booked_on,
        "" if end_to_end == _SAID_NOTHING else end_to_end,
        _reference(detail),
        " ".join(words)[:500],
        text_if_any(detail, f"RltdPties/{role}Acct/Id/IBAN"),
        name,
    )


def _reference(detail: Any) -> str:
    found = [(each.text or "").strip() for each in children(detail, "RmtInf/Strd/CdtrRefInf/Ref")]
    return found[0][:35] if found else ""


def _refuse_doubles(element: Any, lines: list[BankLine]) -> None:
    seen: set[str] = set()
    for line in lines:
        if line.entry in seen:
            message = f"two bookings have the reference {line.entry!r}"
            raise BankFileError(message, line=element.sourceline, field="Ntry/AcctSvcrRef")
        seen.add(line.entry)
