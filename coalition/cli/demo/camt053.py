"""Bank statements as a bank writes them: camt.053.001.08, in the order of its schema."""

from datetime import date
from decimal import Decimal
from typing import Any

from settlement.banking.acts import BankLine
from settlement.banking.camt053 import BankStatement

SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


def write_camt053(statement: BankStatement, on: date) -> bytes:
    """A file with one statement, of this day."""
    from lxml import etree

    document = etree.Element(f"{{{SPACE}}}Document", nsmap={None: SPACE})
    message = _put(document, "BkToCstmrStmt")
    _put(message, "GrpHdr/MsgId", statement.statement_id)
    _put(message[0], "CreDtTm", f"{on}T20:00:00")
    body = _put(message, "Stmt")
    _put(body, "Id", statement.statement_id)
    _put(body, "CreDtTm", f"{on}T20:00:00")
    _put(body, "Acct/Id/IBAN", statement.iban)
    for kind, amount_minor in (("OPBD", statement.opening_minor), ("CLBD", statement.closing_minor)):
        balance = _put(body, "Bal")
        _put(balance, "Tp/CdOrPrtry/Cd", kind)
        _amount(balance, amount_minor, statement.currency)
        _put(balance, "Dt/Dt", f"{on}")
    for line in statement.lines:
        _entry(_put(body, "Ntry"), line, statement.currency)
    written: bytes = etree.tostring(document, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _entry(entry: Any, line: BankLine, currency: str) -> None:
    _amount(entry, line.amount_minor, currency)
    _put(entry, "Sts/Cd", "BOOK")
    _put(entry, "BookgDt/Dt", f"{line.booked_on}")
    _put(entry, "AcctSvcrRef", line.entry)
    kind = _put(entry, "BkTxCd/Domn")
    _put(kind, "Cd", "PMNT")
    _put(kind, "Fmly/Cd", "RCDT" if line.amount_minor > 0 else "ICDT")
    _put(kind[1], "SubFmlyCd", "ESCT")
    details = _put(entry, "NtryDtls/TxDtls")
    _put(details, "Refs/EndToEndId", line.end_to_end_id or "NOTPROVIDED")
    _amount(details, line.amount_minor, currency)
    role = "Dbtr" if line.amount_minor > 0 else "Cdtr"
    parties = _put(details, "RltdPties") if line.name or line.iban else None
    if line.name:
        _put(parties, f"{role}/Pty/Nm", line.name)
    if line.iban:
        _put(parties, f"{role}Acct/Id/IBAN", line.iban)
    remittance = _put(details, "RmtInf") if line.remittance or line.reference else None
    if line.remittance:
        _put(remittance, "Ustrd", line.remittance)
    if line.reference:
        _put(remittance, "Strd/CdtrRefInf/Ref", line.reference)


def _amount(element: Any, amount_minor: int, currency: str) -> None:
    """An amount of cents and its direction."""
    _put(element, "Amt", f"{Decimal(abs(amount_minor)).scaleb(-2):.2f}").set("Ccy", currency)
    _put(element, "CdtDbtInd", "DBIT" if amount_minor < 0 else "CRDT")


def _put(element: Any, path: str, words: str | None = None) -> Any:
    """New elements below each other; the last one, which holds the words."""
    from lxml import etree

    for name in path.split("/"):
        element = etree.SubElement(element, f"{{{SPACE}}}{name}")
    element.text = words
    return element
