"""Files of a bank: camt.053 in both versions and our own pain.001, changed as XML and as bytes."""

from settlement.banking.camt053 import read_camt053
from settlement.banking.pain001 import read_pain001, write_pain001
from settlement.banking.xml import BankFileError
from tests.fuzz.changes import Way, changed, in_bytes, in_lines, in_xml
from tests.fuzz.target import Target
from tests.settlement.banking.accounts import an_iban
from tests.settlement.banking.camt import Booking, camt
from tests.settlement.banking.test_payments import ORDER

XML: tuple[Way, ...] = (in_xml,) * 6 + (in_lines, in_bytes)
BOOKINGS = (
    Booking("1.00", ref="A", end_to_end="S1-X", iban=an_iban(7), name="Bakery", remittance="hello"),
    Booking("0.5", "DBIT", ref="B", reference="RF18539007547034", name="Cinema", iban=an_iban(8)),
)


def banks() -> list[Target]:
    """Statements and orders: what is read adds up and is written back, or the error names what is wrong."""
    statements = [camt(BOOKINGS, closing="0.50", version=version) for version in ("02", "08")]
    return [
        Target("camt", changed(statements, XML), _read_statements),
        Target("pain", changed([write_pain001(ORDER)], XML), _read_order),
    ]


def _read_statements(data: bytes) -> None:
    try:
        statements = read_camt053(data, currency="EUR", minor_digits=2)
    except BankFileError:
        return
    for statement in statements:
        booked = sum(line.amount_minor for line in statement.lines)
        assert statement.opening_minor + booked == statement.closing_minor


def _read_order(data: bytes) -> None:
    try:
        read_pain001(data)
    except BankFileError:
        return
