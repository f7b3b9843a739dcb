"""Preparing opening balances of value: money with all its decimals, beside points and never in the same row."""

from decimal import Decimal
from pathlib import Path

import pytest

from coalition.client.opening import RowsInvalidError, prepare_opening
from settlement.ledger.opening_file import read_prepared
from tests.coalition.client.test_opening import BAKERY, BOTH, MEMBER, parquet, rows_of

NO_MONEY = """25.001 25.000 25 2500 25.0 -25.00 +25.00 0.00 025.00 25,00 1e2 NaN 25.00EUR
    10000000000.01 99999999999999999999.00 \uff12.00"""


@pytest.mark.parametrize("value", [*NO_MONEY.split(), " 25.00"])
def test_value_is_money_with_all_its_decimals(tmp_path: Path, value: str) -> None:
    with pytest.raises(RowsInvalidError) as raised:
        rows_of(tmp_path, BOTH + f'card,4000 9999,,25.00\ncard,4000 1234,,"{value}"\n')
    assert raised.value.faults == [
        "row 3, value: money with 2 decimals and no sign, from 0.01 to 10000000000.00"
    ]


def test_a_row_brings_points_or_value_and_a_file_both(tmp_path: Path) -> None:
    source, out = tmp_path / "members.csv", tmp_path / "out"
    source.write_text(BOTH + "app,a,7,\napp,a,,25.00\napp,b,,10000000000.00\n")
    prepared = prepare_opening(source, out, identity=BAKERY, minor_digits=lambda: 2)
    totals = prepared.totals
    assert (totals.rows, totals.members, totals.points, totals.value) == (3, 2, 7, 1_000_000_002_500)
    assert sorted(row[1::2] for row in prepared.rows()) == [(7, 0), (2_500, 1), (10**12, 1)]
    with pytest.raises(RowsInvalidError, match="row 2, points: each row brings points or value"):
        rows_of(tmp_path, BOTH + "app,a,7,25.00\n")


def test_of_a_currency_without_decimals_value_has_none_and_only_value_asks_for_them(tmp_path: Path) -> None:
    source, asked = tmp_path / "members.csv", list[int]()

    def no_digits() -> int:
        asked.append(0)
        return 0

    for text, times in (("alias_kind,alias,points\napp,a,7\n", 0), (BOTH + "app,a,,7\napp,b,,8\n", 1)):
        source.write_text(text)
        prepared = prepare_opening(source, tmp_path / "out", identity=BAKERY, minor_digits=no_digits)
        assert (prepared.totals.points, prepared.totals.value) == ((7, 0) if not times else (0, 15))
        assert len(asked) == times


def test_value_in_parquet_is_decimals_and_comes_to_the_file_that_csv_does(tmp_path: Path) -> None:
    money = [Decimal("25.00"), None, Decimal("0.05")]
    columns = {"member_id": [MEMBER] * 3, "points": [None, 7, None], "value": money}
    found = prepare_opening(
        parquet(tmp_path / "members", columns), tmp_path / "out", identity=BAKERY, minor_digits=lambda: 2
    )
    rows_of(tmp_path, f"member_id,points,value\n{MEMBER},7,\n{MEMBER},,0.05\n{MEMBER},,25.00\n")
    assert read_prepared(tmp_path / "out").sha256 == found.sha256
    parquet(tmp_path / "members", columns | {"value": [Decimal("25.0010"), None, None]})
    with pytest.raises(RowsInvalidError, match="row 1, value: money with 2 decimals"):
        prepare_opening(tmp_path / "members", tmp_path / "out", identity=BAKERY, minor_digits=lambda: 2)
