"""`coalition bank` as people use it."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from coalition.cli.bank import bucket
from tests.settlement.banking.camt import Booking, camt
from tests.support.command import Ran, run
from tests.support.network import RunningServer

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (-1, "0-1"),
        (0, "0-1"),
        (1, "0-1"),
        (2, "2-5"),
        (5, "2-5"),
        (7, "2-5"),
        (8, "6-30"),
        (42, "6-30"),
        (43, "30+"),
    ],
)
def test_breaks_grow_old_on_business_days(days: int, age: str) -> None:
    assert bucket(MONDAY, MONDAY + timedelta(days)) == age


def test_a_bad_file_or_a_foreign_one_posts_nothing(network: RunningServer, tmp_path: Path) -> None:
    def bank(*words: object) -> Ran:
        return run("bank", *words, "--server", network.address, data=network.site.data)

    file = tmp_path / "statement.xml"
    file.write_bytes(camt([Booking("1.00", ref="A")], closing="2.00"))
    told = bank("import", file)
    assert (told.code, "BANK_FILE_INVALID" in told.err, "line 4, Bal" in told.err) == (1, True, True), (
        told.err
    )
    file.write_bytes(camt([Booking("1.00", ref="A")], closing="1.00"))
    told = bank("import", file)
    assert (told.code, "ACCOUNT_MISSING" in told.err) == (3, True), told.err
    assert bank("breaks", "--json").document == []
