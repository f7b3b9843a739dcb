"""From a request about money out and money in to its act."""

from datetime import date
from typing import Any

from coalition.api.v1 import banking_pb2
from coalition.wire.strict import invalid, read_amount, read_partner_id, read_sha256, read_text
from settlement.banking.acts import (
    ApproveAccount,
    BankLine,
    ImportBankStatement,
    Instruct,
    ProposeAccount,
)
from settlement.errors import CoalitionError
from settlement.house.bank_account import BankAccount

LINES_MAX = 100
"""Most lines of a bank statement in one request, so that they fit one entry's leaf."""
LINE_MINOR_MAX = 10**12
"""Most that one line may move, so that whatever the currency it fits a posting."""


def read_account(message: Any, field: str = "account") -> BankAccount:
    """An account whose every number is sound. FIELD_INVALID."""
    # Imported here, as it takes time that only this act should cost.
    from settlement.banking import identifiers

    return BankAccount(
        identifiers.check_legal_name(message.legal_name, f"{field}.legal_name"),
        identifiers.check_iban(message.iban, f"{field}.iban"),
        identifiers.check_country(message.country, f"{field}.country"),
        identifiers.check_bic(message.bic, f"{field}.bic") if message.bic else "",
        identifiers.check_lei(message.lei, f"{field}.lei") if message.lei else "",
    )


def write_account(account: BankAccount) -> banking_pb2.BankAccount:
    """The message of an account."""
    return banking_pb2.BankAccount(
        legal_name=account.legal_name,
        iban=account.iban,
        country=account.country,
        bic=account.bic,
        lei=account.lei,
    )


def read_account_proposal(request: Any) -> ProposeAccount:
    """The caller's own account."""
    return ProposeAccount(read_account(request.account))


def read_account_approval(request: Any) -> ApproveAccount:
    """Whose account is approved."""
    partner = read_partner_id(request.partner_id, "partner_id")
    return ApproveAccount(partner, read_sha256(request.account_sha256, "account_sha256"))


def read_instruct(request: Any) -> Instruct:
    """Which settlement is to be paid."""
    if request.settlement < 1:
        raise invalid("settlement", "1 or more")
    return Instruct(request.settlement)


def write_line(line: BankLine) -> banking_pb2.BankLine:
    """The message of a bank's line."""
    return banking_pb2.BankLine(
        entry=line.entry,
        amount_minor=line.amount_minor,
        booked_on=line.booked_on.isoformat(),
        end_to_end_id=line.end_to_end_id,
        reference=line.reference,
        remittance=line.remittance,
        iban=line.iban,
    )


def read_statement_import(request: Any) -> ImportBankStatement:
    """Lines of a bank statement. FIELD_INVALID, AMOUNT_TOO_LARGE."""
    if not 1 <= len(request.lines) <= LINES_MAX:
        raise invalid("lines", f"1 to {LINES_MAX}")
    lines = tuple([_read_line(line) for line in request.lines])
    if len({line.entry for line in lines}) != len(lines):
        raise invalid("lines.entry", "named once")
    iban = read_text(request.iban, "iban", least=1, most=34)
    return ImportBankStatement(iban, read_text(request.statement_id, "statement_id", least=1, most=35), lines)


def _read_line(line: Any) -> BankLine:
    if line.amount_minor == 0:
        raise CoalitionError(
            "AMOUNT_NOT_POSITIVE", "lines.amount_minor must not be 0", field="lines.amount_minor"
        )
    amount = read_amount(abs(line.amount_minor), "lines.amount_minor", most=LINE_MINOR_MAX)
    return BankLine(
        read_text(line.entry, "lines.entry", least=1, most=50),
        amount if line.amount_minor > 0 else -amount,
        _read_day(line.booked_on),
        _read_words(line.end_to_end_id, "lines.end_to_end_id", most=35),
        _read_words(line.reference, "lines.reference", most=35),
        _read_words(line.remittance, "lines.remittance", most=140),
        _read_words(line.iban, "lines.iban", most=34),
    )


def _read_words(text: str, field: str, *, most: int) -> str:
    return read_text(text, field, least=1, most=most) if text else ""


def _read_day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise invalid("lines.booked_on", "a day, as 2026-11-30")
    return day
