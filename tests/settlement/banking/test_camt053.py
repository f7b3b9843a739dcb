"""camt.053: exact amounts, both versions, and for every bad file the line and the field."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.banking.acts import BankLine
from settlement.banking.camt053 import LINES_MAX, BankStatement, read_camt053
from settlement.banking.xml import XML_BYTES_MAX, BankFileError
from settlement.money import format_minor
from tests.settlement.banking.accounts import an_iban
from tests.settlement.banking.camt import Booking, camt


def read(data: bytes) -> BankStatement:
    [statement] = read_camt053(data, currency="EUR", minor_digits=2)
    return statement


@pytest.mark.parametrize("version", ["02", "08"])
def test_every_field_is_read_in_both_versions(version: str) -> None:
    paid = Booking("100.50", ref="A1", end_to_end="S1-X", iban=an_iban(7), name="Bakery", remittance="hello")
    sent = Booking("0.5", "DBIT", ref="A2", reference="RF18539007547034", name="Café", iban=an_iban(8))
    statement = read(camt([paid, sent], opening="-1.00", closing="99.00", version=version))
    day = date(2026, 11, 22)
    assert statement == BankStatement(
        "2026-11-22",
        an_iban(1),
        "EUR",
        -100,
        9_900,
        (
            BankLine("A1", 10_050, day, "S1-X", "", "hello", an_iban(7), "Bakery"),
            BankLine("A2", -50, day, "", "RF18539007547034", "", an_iban(8), "Café"),
        ),
    )


@given(st.lists(st.integers(-(10**14), 10**14).filter(bool), max_size=8), st.integers(-(10**14), 10**14))
def test_amounts_are_read_exactly(amounts: list[int], opening: int) -> None:
    bookings = [
        Booking(format_minor(abs(each), minor_digits=2), "CRDT" if each > 0 else "DBIT") for each in amounts
    ]
    closing = format_minor(opening + sum(amounts), minor_digits=2)
    statement = read(camt(bookings, opening=format_minor(opening, minor_digits=2), closing=closing))
    assert [line.amount_minor for line in statement.lines] == amounts
    assert statement.opening_minor == opening


def test_what_is_not_booked_is_left_out() -> None:
    statement = read(camt([Booking("5.00", status="PDNG"), Booking("1.00", status="INFO")]))
    assert statement.lines == ()


def test_no_reference_of_the_payer_is_none() -> None:
    [line] = read(camt([Booking("1", end_to_end="NOTPROVIDED")], closing="1")).lines
    assert line.end_to_end_id == ""


def batch(*amounts: str) -> str:
    return "".join(
        [f'<TxDtls><Refs><EndToEndId>E{at}</EndToEndId></Refs><Amt Ccy="EUR">{amount}</Amt></TxDtls>'
         for at, amount in enumerate(amounts)]
    )  # fmt: skip


def test_payments_booked_together_are_lines_of_their_own() -> None:
    booking = Booking("3.00", "DBIT", ref="B", details=batch("1.00", "2.00"))
    lines = read(camt([booking], closing="-3.00")).lines
    assert [(line.entry, line.amount_minor, line.end_to_end_id) for line in lines] == [
        ("B/1", -100, "E0"),
        ("B/2", -200, "E1"),
    ]


def test_a_batch_whose_parts_have_no_amounts_is_one_line() -> None:
    details = "<TxDtls><Refs/></TxDtls>" * 2
    [line] = read(camt([Booking("3.00", details=details)], closing="3.00")).lines
    assert (line.amount_minor, line.end_to_end_id) == (300, "")


BOMB = """<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><X>&b;</X></Document>"""
ONE = camt([Booking("1.00", ref="A")], closing="1.00")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no well-formed XML"),
        (b"\x00" * 100, "no well-formed XML"),
        (b"hello", "line 1: this is no well-formed XML"),
        (ONE[:-30], "line 8: this is no well-formed XML"),
        (ONE.replace(b"Stmt>", b"Stmt\xff>"), "line 2: this is no well-formed XML"),
        (b"PK\x03\x04" + ONE, "compressed"),
        (b"\x1f\x8b" + ONE, "compressed"),
        (BOMB.encode(), "document type"),
        (BOMB.encode("utf-16"), "document type"),
        (b" " * (XML_BYTES_MAX + 1), "at most"),
        (b"<a>" * 300, "no well-formed XML"),
        (ONE.replace(b"053.001.08", b"053.001.07"), "line 2, Document: this is no camt.053.001.02 or"),
        (ONE.replace(b"Document", b"Dokument"), "Dokument"),
        (camt([], closing="1.00"), "line 4, Bal: opening 0 and bookings 0 make 0"),
        (ONE.replace(b"OPBD", b"ITBD"), "line 4, Bal/Tp/CdOrPrtry/Cd: 0 balances"),
        (ONE.replace(b'"EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts', b'"USD">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts'),
         "line 7, Amt/@Ccy: the currency is 'USD'"),
        (camt([Booking("1.001")], closing="1.00"), "line 7, Amt: '1.001' is no amount with at most 2"),
        (camt([Booking("-1.00")], closing="-1.00"), "line 7, Amt"),
        (camt([Booking("1e3")], closing="1000"), "line 7, Amt"),
        (camt([Booking("\u0661")], closing="1"), "line 7, Amt"),
        (camt([Booking("9" * 16)], closing="1"), "line 7, Amt"),
        (camt([Booking("9" * 99)], closing="1"), "line 7, Amt"),
        (camt([Booking("1", "XXXX")], closing="1"), "line 7, CdtDbtInd"),
        (camt([Booking("1", ref="A"), Booking("1", ref="A")], closing="2"), "two bookings have the reference 'A'"),
        (camt([Booking("3", details=batch("1", "1"))], closing="3"), "its payments make 200 minor units"),
        (ONE.replace(b"<BookgDt><Dt>2026-11-22", b"<BookgDt><Dt>2026-22-11"), "line 7, BookgDt"),
        (ONE.replace(b"<Id>2026-11-22</Id>", b"<Id></Id>"), "line 4, Id"),
        (ONE.replace(b"Stmt>", b"Note>"), "line 2, Stmt: the file holds no statement"),
    ],
)  # fmt: skip
def test_a_bad_file_is_answered_with_line_and_field(data: bytes, said: str) -> None:
    with pytest.raises(BankFileError) as caught:
        read(data)
    assert caught.value.reason == "BANK_FILE_INVALID"
    assert said in caught.value.message


def test_too_many_lines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("settlement.banking.camt053.LINES_MAX", 2)
    bookings = [Booking("1", ref=str(at)) for at in range(3)]
    with pytest.raises(BankFileError, match="more than 2 lines"):
        read(camt(bookings, closing="3"))
    assert LINES_MAX == 100_000
