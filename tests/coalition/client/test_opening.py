"""Preparing opening balances: the same rows give the same bytes, and no bad file gives any."""

import random
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coalition.client import Identity, alias_token, opening
from coalition.client.opening import RowsInvalidError, prepare_opening
from coalition.client.opening_source import LINE_BYTES_MAX
from settlement.clock import to_us
from settlement.errors import CoalitionError
from settlement.ledger.book import NEVER_US
from settlement.ledger.opening_file import ALIAS, RECORD, member_name, read_prepared
from settlement.signing import new_key

KEY = new_key()
BAKERY = Identity("clearing.example/test", "localhost:1", "bakery", KEY, KEY.spki, b"k" * 32)
MEMBER = "8f3a2b64-90d1-4c55-a0f7-5f2f1d0c9b11"
CARD = "4000 1234 1234 1234"
ZONELESS = datetime(2047, 1, 1)  # noqa: DTZ001 - bad input on purpose
HEAD = "alias_kind,alias,points,expires_on\n"
BOTH = "alias_kind,alias,points,value\n"


def rows_of(
    tmp_path: Path, text: str | bytes, *, identity: Identity = BAKERY
) -> list[tuple[bytes, int, int]]:
    """The lots that a CSV file comes to."""
    source = tmp_path / "members.csv"
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    prepared = prepare_opening(source, tmp_path / "out", identity=identity, minor_digits=lambda: 2)
    return [(row.name, row.points, row.expires_at_us) for row in prepared.rows()]


def test_a_row_becomes_a_token_points_and_the_moment_at_which_they_end(tmp_path: Path) -> None:
    token = ALIAS + alias_token(b"k" * 32, "card", CARD)
    day, moment = datetime(2047, 7, 1, tzinfo=UTC), datetime(2047, 6, 30, 20, 0, 0, 5, tzinfo=UTC)
    found = rows_of(
        tmp_path,
        "points,expires_on,member_id,alias,alias_kind\n"
        f"5,2047-06-30,,{CARD},card\n"
        f"1000000000000,2047-06-30T22:00:00.000005+02:00,,{CARD.replace(' ', '')},card\n"
        f"7,,{MEMBER},,\n",
    )
    assert found == [
        (token, 5, to_us(day)),
        (token, 10**12, to_us(moment)),
        (member_name(MEMBER), 7, NEVER_US),
    ]


def test_the_same_rows_in_any_order_and_either_form_have_one_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(4)
    rows = [
        (f"app {rng.randrange(200)}", rng.randint(1, 9), date(2048, 1, rng.randint(1, 28)))
        for _ in range(500)
    ]
    hashes, totals = set(), set()
    for turn in range(3):
        monkeypatch.setattr(opening, "RUN_ROWS", 500 if turn == 0 else 90)  # sorted at once, or in runs
        rng.shuffle(rows)
        source = tmp_path / f"members-{turn}"
        if turn == 2:
            columns = [*zip(*rows, strict=True)]
            names = ["alias", "points", "expires_on"]
            table = pa.table(
                dict(zip(names, map(list, columns), strict=True)) | {"alias_kind": ["app"] * 500}
            )
            pq.write_table(table, source, row_group_size=60)
        else:
            lines = [f"app,{alias},{points},{day}\r\n" for alias, points, day in rows]
            source.write_text("\ufeff" + HEAD + "".join(lines))
        prepared = prepare_opening(source, tmp_path / "out", identity=BAKERY, minor_digits=lambda: 2)
        hashes.add(prepared.sha256)
        totals.add((prepared.totals.rows, prepared.totals.members, prepared.totals.points))
        assert (tmp_path / "out").stat().st_mode & 0o077 == 0
    assert len(hashes) == 1
    assert totals == {(500, len({row[0] for row in rows}), sum(row[1] for row in rows))}
    assert {path.name for path in tmp_path.iterdir()} == {"members-0", "members-1", "members-2", "out"}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("card,4000 1234,-5,", "points"),
        ("card,4000 1234,0,", "points"),
        ("card,4000 1234,1.0,", "points"),
        ("card,4000 1234,1e3,", "points"),
        ("card,4000 1234,\uff15,", "points"),
        ("card,4000 1234,1000000000001,", "points"),
        ("card,4000 1234,99999999999999999999,", "points"),
        ("card,4000 1234,=1+1,", "points"),
        ("card,4000 1234,,", "points"),
        ("card,4000 1234,NaN,", "points"),
        ("card,=4000+1234,5,", "alias"),
        ("phone,0171 123,5,", "alias"),
        ("fax,4000,5,", "alias"),
        (",4000,5,", "alias"),
        ("card,,5,", "member_id"),
        ("card,4000 1234,5,2019-12-31", "expires_on"),
        ("card,4000 1234,5,2047-02-30", "expires_on"),
        ("card,4000 1234,5,30.06.2047", "expires_on"),
        ("card,4000 1234,5,2047-06-30T00:00:00", "expires_on"),
        ("card,4000 1234,5,9999-12-31", "expires_on"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column_and_not_quoted(tmp_path: Path, row: str, column: str) -> None:
    good = "card,4000 9999,5,\n"
    with pytest.raises(RowsInvalidError) as raised:
        rows_of(tmp_path, HEAD + good + row + "\n" + good)
    (fault,) = raised.value.faults
    assert fault.startswith(f"row 3, {column}: ")
    assert "1234" not in raised.value.message
    assert {path.name for path in tmp_path.iterdir()} == {"members.csv"}, "nothing is written"


def test_a_hundred_bad_rows_are_named_and_all_are_counted(tmp_path: Path) -> None:
    with pytest.raises(RowsInvalidError) as raised:
        rows_of(tmp_path, HEAD + "card,4000,no,\n" * 130)
    assert (len(raised.value.faults), raised.value.count) == (100, 130)
    assert "and 30 more" in raised.value.message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the columns must be"),
        (HEAD, "no rows"),
        ("alias_kind,alias,asset,points\ncard,4000,value,5\n", "the columns must be"),
        ("alias_kind,alias,expires_on\ncard,4000,\n", "the columns must be"),
        ("alias_kind,alias,points,points\ncard,4000,5,5\n", "stands twice"),
        ("alias_kind,alias,points,expires\ncard,4000,5,\n", "the columns must be"),
        ("alias,points\n4000,5\n", "stand together"),
        ("alias_kind;alias;points\ncard;4000;5\n", "separated by commas"),
        (HEAD + "card,4000,5\n", "line 2 has 3 cells"),
        (HEAD + 'card,"4000,5,\n', "line 2 is no CSV"),
        (HEAD + f"app,{'a' * LINE_BYTES_MAX},5,\n", "line 2 has over"),
        ((HEAD + "app,é,5,\n").encode("latin-1"), "line 2 is not UTF-8"),
        ((HEAD + "app,é,5,\n").encode("utf-16"), "line 1 is not UTF-8"),
        (b"PK\x03\x04\x00\x00", "the columns must be"),
        (b"PAR1 and nothing more", "no whole Parquet file"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_as_a_whole(
    tmp_path: Path, text: str | bytes, told: str
) -> None:
    with pytest.raises(CoalitionError, match=told) as raised:
        rows_of(tmp_path, text)
    assert raised.value.reason == "OPENING_SOURCE_INVALID"
    assert {path.name for path in tmp_path.iterdir()} == {"members.csv"}


def parquet(path: Path, columns: dict[str, object]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def cut_short(path: Path) -> Path:
    parquet(path, {"member_id": [MEMBER] * 900, "points": list(range(1, 901))})
    path.write_bytes(path.read_bytes()[:-200])
    return path


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (cut_short, "no whole Parquet file"),
        (lambda path: parquet(path, {"member_id": [MEMBER], "points": [5.0]}), "column points is double"),
        (lambda path: parquet(path, {"member_id": [MEMBER], "value": [5.0]}), "column value is double"),
        (lambda path: parquet(path, {"member_id": [MEMBER], "value": ["5.00"]}), "column value is string"),
        (lambda path: parquet(path, {"member_id": [7], "points": [5]}), "column member_id is int64"),
        (
            lambda path: parquet(path, {"member_id": [MEMBER], "points": [5], "expires_on": [ZONELESS]}),
            "column expires_on is timestamp",
        ),
        (lambda path: parquet(path, {"basket_id": [1], "points": [5]}), "the columns must be"),
        (
            lambda path: parquet(
                path, {"alias_kind": ["app"] * 10**4, "alias": ["x" * 10_000] * 10**4, "points": [1] * 10**4}
            ),
            "has 10,000 bytes",
        ),
        (
            lambda path: parquet(
                path, {"alias_kind": ["app"] * 3, "alias": ["x" * 10**7] * 3, "points": [1] * 3}
            ),
            "unpacks to",
        ),
    ],
)
def test_bad_parquet_is_refused(tmp_path: Path, make: Callable[[Path], Path], told: str) -> None:
    with pytest.raises(CoalitionError, match=told):
        prepare_opening(
            make(tmp_path / "members.parquet"), tmp_path / "out", identity=BAKERY, minor_digits=lambda: 2
        )
    assert not (tmp_path / "out").exists()


def test_nulls_in_parquet_are_bad_cells(tmp_path: Path) -> None:
    source = parquet(tmp_path / "members.parquet", {"member_id": [MEMBER, None], "points": [None, 5]})
    with pytest.raises(RowsInvalidError) as raised:
        prepare_opening(source, tmp_path / "out", identity=BAKERY, minor_digits=lambda: 2)
    assert [fault.partition(":")[0] for fault in raised.value.faults] == ["row 1, points", "row 2, member_id"]


def test_without_an_alias_key_only_ids_name_members(tmp_path: Path) -> None:
    bare = Identity(BAKERY.network, BAKERY.server, "bakery", KEY, KEY.spki)
    with pytest.raises(CoalitionError) as raised:
        rows_of(tmp_path, HEAD + "card,4000,5,\n", identity=bare)
    assert raised.value.reason == "ALIAS_KEY_MISSING"
    assert len(rows_of(tmp_path, f"member_id,points\n{MEMBER},5\n", identity=bare)) == 1


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data[:-1],
        lambda data: data[:-50],
        lambda data: data.replace(b"points 6", b"points 7"),
        lambda data: data.replace(b"members 2", b"members 1"),
        lambda data: data.replace(b"rows 4", b"rows 04"),
        lambda data: data.replace(b"value 4", b"value 3"),
        lambda data: data.replace(b"points 6\nvalue 4", b"points 10\nvalue 0"),
        lambda data: data[:-200] + data[-150:-100] + data[-200:-150] + data[-100:],
        lambda data: data[:-17] + struct.pack(">qqB", -2, NEVER_US, 1),
        lambda data: data[:-9] + struct.pack(">qB", NEVER_US + 1, 1),
        lambda data: data[:-1] + b"\2",
        lambda data: data[:-1] + b"\0",
        lambda data: data[:-50] + b"\7" + data[-49:],
        lambda data: b"",
    ],
)
def test_a_prepared_file_that_was_changed_is_not_read(tmp_path: Path, harm: Callable[[bytes], bytes]) -> None:
    rows_of(tmp_path, BOTH + "app,a,1,\napp,a,2,\napp,b,3,\napp,b,,0.04\n")
    path = tmp_path / "out"
    whole = path.read_bytes()
    assert len(read_prepared(path).totals.header()) + 4 * RECORD.size == len(whole)
    path.write_bytes(harm(whole))
    with pytest.raises(CoalitionError) as raised:
        read_prepared(path)
    assert raised.value.reason == "OPENING_FILE_INVALID"
