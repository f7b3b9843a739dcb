"""From a request about money out and money in to its act."""

from typing import Any

from coalition.api.v1 import banking_pb2
from coalition.wire.strict import invalid, read_partner_id, read_sha256
from settlement.banking.acts import ApproveAccount, Instruct, ProposeAccount
from settlement.house.bank_account import BankAccount


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
