"""Bank statements written by hand, in both versions that banks send."""

from collections.abc import Sequence
from dataclasses import dataclass

SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."


@dataclass(frozen=True)
class Booking:
    """One entry of a statement; `sign`: CRDT or DBIT."""

    amount: str
    sign: str = "CRDT"
    ref: str = ""
    end_to_end: str = ""
    remittance: str = ""
    reference: str = ""
    iban: str = ""
    name: str = ""
    status: str = "BOOK"
    details: str | None = None
    """Instead of what is made of the rest."""


def camt(
    bookings: Sequence[Booking],
    *,
    opening: str = "0.00",
    closing: str = "0.00",
    version: str = "08",
    statement: str = "2026-11-22",
    currency: str = "EUR",
) -> bytes:
    """A file with one statement."""
    entries = "\n".join([_entry(each, version, currency) for each in bookings])
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{SPACE}{version}"><BkToCstmrStmt>
<GrpHdr><MsgId>M</MsgId><CreDtTm>2026-11-22T18:00:00</CreDtTm></GrpHdr>
<Stmt><Id>{statement}</Id><Acct><Id><IBAN>DE97500105170000000001</IBAN></Id></Acct>
{_balance("OPBD", opening, currency)}
{_balance("CLBD", closing, currency)}
{entries}
</Stmt></BkToCstmrStmt></Document>
""".encode()


def _balance(kind: str, amount: str, currency: str) -> str:
    sign = "DBIT" if amount.startswith("-") else "CRDT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount.lstrip("-")}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
        "<Dt><Dt>2026-11-22</Dt></Dt></Bal>"
    )


def _entry(booking: Booking, version: str, currency: str) -> str:
    status = booking.status if version == "02" else f"<Cd>{booking.status}</Cd>"
    ref = f"<AcctSvcrRef>{booking.ref}</AcctSvcrRef>" if booking.ref else ""
    details = _details(booking, version) if booking.details is None else booking.details
    return (
        f'<Ntry><Amt Ccy="{currency}">{booking.amount}</Amt><CdtDbtInd>{booking.sign}</CdtDbtInd>'
        f"<Sts>{status}</Sts><BookgDt><Dt>2026-11-22</Dt></BookgDt>{ref}<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def _details(booking: Booking, version: str) -> str:
    role = "Dbtr" if booking.sign == "CRDT" else "Cdtr"
    name = f"<Nm>{booking.name}</Nm>" if version == "02" else f"<Pty><Nm>{booking.name}</Nm></Pty>"
    account = f"<{role}Acct><Id><IBAN>{booking.iban}</IBAN></Id></{role}Acct>" if booking.iban else ""
    party = f"<{role}>{name}</{role}>" if booking.name else ""
    ids = f"<Refs><EndToEndId>{booking.end_to_end}</EndToEndId></Refs>" if booking.end_to_end else ""
    ustrd = f"<Ustrd>{booking.remittance}</Ustrd>" if booking.remittance else ""
    strd = (
        f"<Strd><CdtrRefInf><Ref>{booking.reference}</Ref></CdtrRefInf></Strd>" if booking.reference else ""
    )
    return f"<TxDtls>{ids}<RltdPties>{party}{account}</RltdPties><RmtInf>{ustrd}{strd}</RmtInf></TxDtls>"
