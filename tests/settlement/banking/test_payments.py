"""Money out: payment files that are valid, say what they should, and have the same bytes for ever."""

import csv
import io
from dataclasses import replace
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.banking.pain001 import (
    AMOUNT_MAX_MINOR,
    CreditTransfer,
    PaymentOrder,
    read_pain001,
    write_pain001,
)
from settlement.banking.payments_csv import COLUMNS, LegRow, write_payments_csv
from settlement.banking.xml import BankFileError
from settlement.errors import CoalitionError
from settlement.house.bank_account import BankAccount
from tests.settlement.banking.accounts import an_account

TRANSFERS = (
    CreditTransfer("S1-BAKERY-A", 12_345, an_account(2), "RF18539007547034"),
    CreditTransfer(
        "S1-CINEMA-B", 5, an_account(3, "Cinema's (North)", bic="INGDDEFFXXX"), "RF18539007547034"
    ),
)
ORDER = PaymentOrder("S1", 1_800_000_000_000_000, date(2026, 11, 23), an_account(1, "Operator"), TRANSFERS)
GOLDEN = "c538ceed06e1b0ebfc7a778e5a0ad8a0a8d0be25e6adf9764427c17333f70650"
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9/?:().,'+ -]{0,60}[A-Za-z0-9]", fullmatch=True)


def test_the_bytes_are_those_of_the_first_day() -> None:
    assert write_pain001(ORDER) == write_pain001(ORDER)
    assert sha256(write_pain001(ORDER)).hexdigest() == GOLDEN


@settings(max_examples=40)
@given(
    st.lists(
        st.builds(
            lambda amount, number, name: CreditTransfer(
                f"S1-{number}", amount, an_account(number, name), "x y"
            ),
            st.integers(1, AMOUNT_MAX_MINOR),
            st.integers(0, 10**10 - 1),
            NAMES,
        ),
        min_size=1,
        max_size=12,
    )
)
def test_a_file_says_what_was_ordered(transfers: list[CreditTransfer]) -> None:
    order = replace(ORDER, transfers=tuple(transfers))
    assert read_pain001(write_pain001(order)) == order


def test_more_than_the_scheme_moves_is_an_error_that_names_the_payment() -> None:
    dear = replace(TRANSFERS[0], amount_minor=AMOUNT_MAX_MINOR + 1)
    with pytest.raises(CoalitionError, match="S1-BAKERY-A") as caught:
        write_pain001(replace(ORDER, transfers=(dear,)))
    assert caught.value.reason == "AMOUNT_TOO_LARGE"


def test_another_message_is_no_payment_order() -> None:
    with pytest.raises(BankFileError):
        read_pain001(write_pain001(ORDER).replace(b"pain.001.001.09", b"pain.001.001.03"))


def test_the_table_has_every_leg_and_no_formula() -> None:
    account = BankAccount("=1+1", an_account(2).iban, "DE", "", "213800KUD8LAJWSQ9D15")
    rows = [
        LegRow(1, "bakery", 12_345, "S1-B", "RF1", account),
        LegRow(1, "cinema", -5, "S1-C", "RF2", an_account(3)),
    ]
    data = write_payments_csv(rows, currency="EUR", minor_digits=2)
    assert data.endswith(b"\r\n")
    read = list(csv.reader(io.StringIO(data.decode("ascii"))))
    assert tuple(read[0]) == COLUMNS
    assert read[1][2:9] == ["pays", "123.45", "EUR", "S1-B", "RF1", "'=1+1", account.iban]
    assert read[2][2:5] == ["is paid", "0.05", "EUR"]
