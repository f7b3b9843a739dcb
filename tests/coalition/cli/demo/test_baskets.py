"""Reading keeps every line of a basket together, in order, and exact to the cent."""

import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.cli.demo.baskets import COLUMNS, PACKAGE, Basket, read_baskets, transactions_path
from settlement.errors import CoalitionError

pa = pytest.importorskip("pyarrow", reason="the extra `demo` is not installed")
pq = pytest.importorskip("pyarrow.parquet")

NOON = datetime(2017, 1, 1, 12)  # noqa: DTZ001  # the table's times carry no zone
LINE = (11, 330, 900, NOON, 1.43)


def write(path: Path, lines: list[tuple[Any, ...]]) -> Path:
    columns = zip(*lines, strict=True) if lines else [()] * len(COLUMNS)
    types = (pa.int64(), pa.int64(), pa.int64(), pa.timestamp("ns"), pa.float64())
    arrays = [pa.array(column, type=type_) for column, type_ in zip(columns, types, strict=True)]
    pq.write_table(pa.table(dict(zip(COLUMNS, arrays, strict=True))), path)
    return path


receipts = st.lists(
    st.tuples(
        st.integers(1, 2**40),  # basket
        st.integers(1, 5),  # store
        st.integers(1, 5),  # household
        st.integers(0, 3),  # seconds after noon: ties are common
        st.lists(st.integers(0, 10**9), min_size=1, max_size=5),  # cents of each line
    ),
    unique_by=lambda receipt: receipt[0],
    max_size=12,
)


@settings(deadline=None)  # the machine may be busy
@given(receipts=receipts, shuffle=st.randoms(use_true_random=False))
def test_each_basket_is_read_whole_in_order_and_exact(
    tmp_path_factory: pytest.TempPathFactory,
    receipts: list[tuple[int, int, int, int, list[int]]],
    shuffle: random.Random,
) -> None:
    lines = [
        (number, store, household, NOON + timedelta(seconds=seconds), cents / 100)
        for number, store, household, seconds, prices in receipts
        for cents in prices
    ]
    shuffle.shuffle(lines)
    path = write(tmp_path_factory.getbasetemp() / "shuffled.parquet", lines)

    expected = [
        Basket(number, store, household, (NOON + timedelta(seconds=seconds)).replace(tzinfo=UTC), sum(prices))
        for number, store, household, seconds, prices in receipts
    ]
    expected.sort(key=lambda basket: (basket.timestamp, basket.basket_id))
    assert read_baskets(path) == expected
    for count in (0, 1, len(expected), len(expected) + 1):
        assert read_baskets(path, count=count) == expected[:count]


def test_a_basket_happens_when_its_earliest_line_does(tmp_path: Path) -> None:
    later = (11, 330, 900, NOON + timedelta(hours=1), 0.07)

    (basket,) = read_baskets(write(tmp_path / "t.parquet", [later, LINE]))

    assert basket == Basket(11, 330, 900, NOON.replace(tzinfo=UTC), 150)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ((11, 331, 900, NOON, 1.0), "basket 11 has more than one store_id"),
        ((11, 330, 901, NOON, 1.0), "basket 11 has more than one household_id"),
        ((11, 330, 900, None, 1.0), "lines without transaction_timestamp"),
        ((11, 330, 900, NOON, None), "lines without sales_value"),
        ((11, 330, 900, NOON, float("nan")), "not a number"),
    ],
)
def test_lines_that_contradict_each_other_or_say_too_little_are_an_error(
    tmp_path: Path, other: tuple[Any, ...], message: str
) -> None:
    path = write(tmp_path / "t.parquet", [LINE, other])

    with pytest.raises(CoalitionError, match=message) as caught:
        read_baskets(path)
    assert caught.value.reason == "DEMO_DATA_INVALID"


def test_a_file_that_is_no_such_table_is_an_error(tmp_path: Path) -> None:
    garbage, other = tmp_path / "garbage.parquet", tmp_path / "other.parquet"
    garbage.write_bytes(b"no Parquet")
    pq.write_table(pa.table({"basket_id": [1]}), other)

    for path, message in ((garbage, "cannot be read"), (other, "no column store_id")):
        with pytest.raises(CoalitionError, match=message) as caught:
            read_baskets(path)
        assert caught.value.reason == "DEMO_DATA_INVALID"


def test_a_negative_count_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CoalitionError) as caught:
        read_baskets(write(tmp_path / "t.parquet", [LINE]), count=-1)
    assert caught.value.reason == "BASKET_COUNT_INVALID"


def test_missing_data_tells_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(error: CoalitionError) -> None:
        assert error.reason == "DEMO_DATA_MISSING"
        assert "pip install 'coalition-settlement[demo]'" in error.message

    with pytest.raises(CoalitionError) as caught:
        transactions_path("no_such_package")
    check(caught.value)
    with pytest.raises(CoalitionError) as caught:
        transactions_path("email")  # a package, but without the table
    check(caught.value)
    with pytest.raises(CoalitionError) as caught:
        read_baskets(tmp_path / "absent.parquet")
    check(caught.value)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(CoalitionError) as caught:
        read_baskets(write(tmp_path / "t.parquet", [LINE]))
    check(caught.value)


@pytest.mark.skipif(find_spec(PACKAGE) is None, reason="the extra `demo` is not installed")
def test_reading_loads_neither_pandas_nor_the_data_package() -> None:
    program = (
        "import sys\n"
        "from coalition.cli.demo.baskets import read_baskets, transactions_path\n"
        "assert read_baskets(transactions_path(), count=1)\n"
        f"print(sorted({{'pandas', '{PACKAGE}'}} & set(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
