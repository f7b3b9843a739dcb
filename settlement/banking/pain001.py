"""Payment orders as banks read them: pain.001.001.09 by `sepaxml`, for euro payments of the SEPA scheme.

The same orders make the same bytes: `sepaxml` would draw ids and look at the clock, so both are set, and the document is written
in its canonical form (C14N). Whoever is paid stands in it, and nothing else.
"""

import functools
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from settlement.banking.xml import BankFileError, child, children, parse_document, text, text_if_any
from settlement.clock import SECOND_US
from settlement.errors import CoalitionError
from settlement.house.bank_account import BankAccount

SCHEMA = "pain.001.001.09"
AMOUNT_MAX_MINOR = 99_999_999_999
"""Most cents of one SEPA credit transfer."""
_SPACE = f"{{urn:iso:std:iso:20022:tech:xsd:{SCHEMA}}}"


@dataclass(frozen=True, slots=True)
class CreditTransfer:
    """One payment to one participant, in cents."""

    end_to_end_id: str
    amount_minor: int
    to: BankAccount
    remittance: str


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """Everything a bank is told at once. `on`: the day on which it is to pay, or the next on which it can."""

    message_id: str
    created_us: int
    on: date
    payer: BankAccount
    transfers: tuple[CreditTransfer, ...]


def write_pain001(order: PaymentOrder) -> bytes:
    """The file, valid against its schema. CoalitionError AMOUNT_TOO_LARGE: a payment is more than the scheme moves at once."""
    from lxml import etree
    from sepaxml import SepaTransfer

    for transfer in order.transfers:
        if transfer.amount_minor > AMOUNT_MAX_MINOR:
            message = f"{transfer.end_to_end_id} is more than one SEPA credit transfer can move"
            raise CoalitionError("AMOUNT_TOO_LARGE", message)
    payer = {**_party(order.payer), "batch": True, "currency": "EUR"}
    orders = SepaTransfer(payer, schema=SCHEMA, clean=False)
    for transfer in order.transfers:
        orders.add_payment(_payment(transfer, order.on))
    document = etree.fromstring(orders.export(validate=False))
    _name(document, order)
    for agent in document.iter(f"{_SPACE}FinInstnId"):
        if len(agent) == 0:
            other = etree.SubElement(agent, f"{_SPACE}Othr")
            etree.SubElement(other, f"{_SPACE}Id").text = "NOTPROVIDED"
    _schema().assertValid(document)
    canonical: bytes = etree.tostring(document, method="c14n2")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + canonical + b"\n"


def read_pain001(data: bytes) -> PaymentOrder:
    """What a file says that `write_pain001` made, with whichever version of the library. BankFileError: it did not make it."""
    whole = parse_document(data, (SCHEMA,))
    try:
        return _order(whole)
    except ValueError as error:
        raise BankFileError(f"this is no order of ours: {error}", line=whole.sourceline) from None


def _order(whole: Any) -> PaymentOrder:
    payment = child(whole, "PmtInf")
    return PaymentOrder(
        text(whole, "GrpHdr/MsgId"),
        _time_us(text(whole, "GrpHdr/CreDtTm")),
        date.fromisoformat(text(payment, "ReqdExctnDt/Dt")),
        _account(payment, "Dbtr"),
        tuple(_transfer(each) for each in children(payment, "CdtTrfTxInf")),
    )


def _party(account: BankAccount) -> dict[str, Any]:
    bic = {"BIC": account.bic} if account.bic else {}
    return {"name": account.legal_name, "IBAN": account.iban, **bic}


def _payment(transfer: CreditTransfer, on: date) -> dict[str, Any]:
    return {
        **_party(transfer.to),
        "amount": transfer.amount_minor,
        "execution_date": on,
        "description": transfer.remittance,
        "endtoend_id": transfer.end_to_end_id,
    }


def _name(document: Any, order: PaymentOrder) -> None:
    created = datetime.fromtimestamp(order.created_us // SECOND_US, UTC)
    for tag, words in (
        ("MsgId", order.message_id),
        ("CreDtTm", f"{created:%Y-%m-%dT%H:%M:%S}"),
        ("PmtInfId", order.message_id),
    ):
        for element in document.iter(_SPACE + tag):
            element.text = words


@functools.cache
def _schema() -> Any:
    import sepaxml
    from lxml import etree

    return etree.XMLSchema(etree.parse(Path(sepaxml.__file__).parent / "schemas" / f"{SCHEMA}.xsd"))


def _account(element: Any, role: str) -> BankAccount:
    iban = text(element, f"{role}Acct/Id/IBAN")
    return BankAccount(
        text(element, f"{role}/Nm"), iban, iban[:2], text_if_any(element, f"{role}Agt/FinInstnId/BICFI")
    )


def _transfer(element: Any) -> CreditTransfer:
    units, _, cents = text(element, "Amt/InstdAmt").partition(".")
    return CreditTransfer(
        text(element, "PmtId/EndToEndId"),
        int(units + cents.ljust(2, "0")),
        _account(element, "Cdtr"),
        text(element, "RmtInf/Ustrd"),
    )


def _time_us(words: str) -> int:
    return int(datetime.fromisoformat(words).replace(tzinfo=UTC).timestamp()) * SECOND_US
