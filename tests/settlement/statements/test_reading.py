"""A cycle's book comes from the books as they stand in PostgreSQL, and does not change with what is recorded later."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from settlement.clearing.netting import net
from settlement.clearing.obligations import figures_of
from settlement.database import READER, connect, connect_async
from settlement.errors import CoalitionError
from settlement.house.tariff import Tariff
from settlement.journal.leaf import Entry, format_leaf, parse_leaf
from settlement.ledger.memory import load_house
from settlement.statements.cyclebook import Activity, Owed, Tally
from settlement.statements.purposes import Charge
from settlement.statements.reading import read_cycle_book
from settlement.statements.writing import FORMS, write_statements
from tests.support.postgres import drop_database, new_books

ACT, HASH = "00000000-0000-7000-8000-000000000000", "ab" * 32
MEMBER = "wallet:00000000-0000-4000-8000-000000000001"
SIGNED = (("request", "none"), ("sig", f"{HASH} AAAA"), ("result", "ok"))
Lines = tuple[tuple[str, str], ...]


def desk(kind: str, *lines: tuple[str, str]) -> tuple[str, Lines]:
    return kind, (("partner", "operator"), ("act", ACT), *lines, *SIGNED)


def register(subject: str) -> tuple[str, Lines]:
    return desk("register", ("subject", subject), ("name", subject.title()))


def proposal(cycle: int, nets: dict[str, int]) -> tuple[str, Lines]:
    named = [("net", f"{name} {amount}") for name, amount in nets.items()]
    return desk("propose", ("cycle", str(cycle)), ("settlement", str(cycle)), ("proposal", HASH), *named)


def named(cycle: int, *, first: int) -> tuple[str, Lines]:
    """What the worker writes once a cycle is cut; everybody gets a statement."""
    parties = enumerate(("acme", "bakery", "cafe"), first)
    documents = [("document", f"{number} {name} {HASH} {HASH}") for number, name in parties]
    return "statements", (("cycle", str(cycle)), *documents, ("request", "none"))


FOUND = (
    ("network", "clearing.example/coalition-1"),
    ("currency", "EUR 2"),
    ("shards", "2"),
    ("operator", "operator"),
    ("model", "bilateral"),
    *Tariff(10_000).lines(),
    ("key", f"{HASH} ed25519 approver operator ann AAAA"),
    ("request", "none"),
)
NETS_1 = {"acme": -299, "bakery": -1, "cafe": 300}
DESK = [
    ("found", FOUND),
    register("acme"),
    register("bakery"),
    register("cafe"),
    desk("close", ("cycle", "1"), ("label", "2026-11")),
    proposal(1, NETS_1),
    desk("approve", ("settlement", "1"), ("proposal", HASH)),
    desk("close", ("cycle", "2")),
    named(1, first=1),
]
CUTS = [(1, 3, 1, "0 3"), (1, 6, 2, "3 6"), (2, 1, 1, "0 1"), (2, 2, 2, "1 2")]
TRANSFERS = [
    (1, 0, "issued:acme", MEMBER, "PTS", 500),
    (1, 1, MEMBER, "redeemed:bakery", "PTS", 100),
    (1, 1, "position:acme", "position:bakery", "EUR", 10_000),
    (1, 1, "position:bakery", "position:acme", "EUR", 900),
    (2, 0, "issued:cafe", MEMBER, "PTS", 7),
    (1, 4, MEMBER, "issued:acme", "PTS", 500),
    (1, 4, f"arrears:{MEMBER[7:]}:acme", "issued:acme", "PTS", 30),
    (1, 5, "redeemed:bakery", MEMBER, "PTS", 100),
    (1, 5, "position:bakery", "position:acme", "EUR", 10_000),
    (1, 5, MEMBER, f"arrears:{MEMBER[7:]}:cafe", "PTS", 2),
    (1, 5, "position:bakery", "position:cafe", "EUR", 200),
    (1, 7, "issued:acme", MEMBER, "PTS", 9),
    (1, 2, "issued:acme", MEMBER, "VAL", 2_500),
]
REDEEMED = (
    ("partner", "bakery"),
    ("act", ACT),
    ("amount", "PTS 100"),
    ("occurred", "2026-11-01T00:00:00.000000Z"),
    *SIGNED,
)
ACTS = [(1, 1, "redeem"), (1, 5, "reverse")]
OBLIGATIONS = [
    (1, 1, "acme", "bakery", 10_000, 2),
    (2, 1, "acme", "bakery", 5_000, 1),
    (1, 1, "cafe", "acme", 3_000_000, 1),
    (2, 2, "acme", "bakery", 5_000, 1),
    (1, 2, "bakery", "acme", 2_000_000, 4),
    (1, 3, "acme", "cafe", 70_000, 1),
]


@pytest.fixture(scope="module")
def dsn() -> Iterator[str]:
    """Books with cycles 1 and 2 closed and 3 open."""
    dsn = new_books()
    with psycopg.connect(dsn) as connection:
        fill(connection)
    yield dsn
    drop_database(dsn)


@pytest.fixture
def books(dsn: str) -> Iterator[psycopg.Connection]:
    """The books as the least of the roles sees them."""
    with connect(dsn, READER) as connection:
        yield connection


def fill(connection: psycopg.Connection) -> None:
    for index, (kind, lines) in enumerate(DESK):
        record(connection, 0, index, kind, lines)
    for shard, index, cycle, cut in CUTS:
        record(connection, shard, index, "cut", (("cycle", str(cycle)), ("range", cut), ("request", "none")))
    for shard, index, kind in ACTS:
        record(connection, shard, index, kind, REDEEMED)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO shards VALUES (%s, %s, 8, %s, %s, 0)", [(0, 9, 1, 0), (1, 8, 3, 6), (2, 3, 3, 2)]
        )
        places = [
            sum(row[:2] == earlier[:2] for earlier in TRANSFERS[:at]) for at, row in enumerate(TRANSFERS)
        ]
        rows = [(*row[:2], place, *row[2:]) for place, row in zip(places, TRANSFERS, strict=True)]
        cursor.executemany("INSERT INTO transfers VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)
        cursor.executemany("INSERT INTO obligations VALUES (%s, %s, %s, %s, %s, %s)", OBLIGATIONS)


def record(connection: psycopg.Connection, shard: int, index: int, kind: str, lines: Lines) -> None:
    entry = Entry(shard, index, 0, 1_000_000 + index, kind, lines)
    leaf = format_leaf(entry)
    assert parse_leaf(leaf) == entry
    connection.execute(
        """INSERT INTO entries (shard, index, house, recorded_at_us, kind, partner, leaf, leaf_hash)
        VALUES (%s, %s, 0, %s, %s, %s, %s, '')""",
        (shard, index, entry.time_us, kind, entry.get("partner"), leaf.decode()),
    )


def test_the_first_cycle_is_read(books: psycopg.Connection) -> None:
    book = read_cycle_book(books, load_house(books), 1)
    assert (book.network, book.currency, book.minor_digits) == ("clearing.example/coalition-1", "EUR", 2)
    assert (book.cycle, book.label, book.closed_at, book.closed_at_us) == (1, "2026-11", 4, 1_000_004)
    assert book.ranges == {1: (0, 3), 2: (0, 1)}
    assert book.obligations == {("acme", "bakery"): Owed(1, 3), ("cafe", "acme"): Owed(300, 1)}
    assert book.activity == {
        "acme": Activity(issued=Tally(500, 1)),
        "bakery": Activity(redeemed=Tally(100, 1)),
        "cafe": Activity(issued=Tally(7, 1)),
    }
    assert book.charges == {
        ("acme", "bakery"): {"reimbursement": Charge(10_000, 1)},
        ("bakery", "acme"): {"interchange": Charge(900, 1)},
    }
    assert book.value == {"acme": Activity(issued=Tally(2_500, 1))}
    assert not any(book.opening.values())
    assert book.settled == {}
    assert book.first_document == 1


def test_the_second_cycle_goes_on_where_the_first_ended(books: psycopg.Connection) -> None:
    """Fractions of a cent of the first cycle become whole in it, and the settlement approved in between is taken off."""
    book = read_cycle_book(books, load_house(books), 2)
    assert book.ranges == {1: (3, 6), 2: (1, 2)}
    assert book.obligations == {("acme", "bakery"): Owed(1, 1), ("bakery", "acme"): Owed(200, 4)}
    assert book.activity == {
        "acme": Activity(issues_reversed=Tally(500, 1), arrears_made=Tally(30, 1)),
        "bakery": Activity(redemptions_reversed=Tally(100, 1)),
        "cafe": Activity(arrears_repaid=Tally(2, 1)),
    }
    assert book.charges == {
        ("bakery", "acme"): {"reimbursement": Charge(10_000, 1)},
        ("bakery", "cafe"): {"repayment": Charge(200, 1)},
    }
    assert book.first_document == 4
    assert book.opening == NETS_1
    assert book.settled == NETS_1


def test_a_book_is_the_same_after_later_entries(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection, connection.transaction(force_rollback=True):
        before = [read_cycle_book(connection, load_house(connection), cycle) for cycle in (1, 2)]
        later = [
            named(2, first=4),
            proposal(2, {"acme": -199, "bakery": 199}),
            desk("approve", ("settlement", "2"), ("proposal", HASH)),
            desk("close", ("cycle", "3")),
        ]
        for index, (kind, lines) in enumerate(later, start=9):
            record(connection, 0, index, kind, lines)
        for shard, start, end in ((1, 6, 8), (2, 2, 3)):
            cut = (("cycle", "3"), ("range", f"{start} {end}"), ("request", "none"))
            record(connection, shard, end, "cut", cut)
            connection.execute("UPDATE shards SET cycle = 4, cycle_start = %s WHERE shard = %s", (end, shard))
        connection.execute("UPDATE shards SET size = 13 WHERE shard = 0")
        house = load_house(connection)
        assert [read_cycle_book(connection, house, cycle) for cycle in (1, 2)] == before
        third = read_cycle_book(connection, house, 3)
        assert third.opening == {"acme": -199, "bakery": 199, "cafe": 0}
        assert third.settled == {"acme": -199, "bakery": 199}
        assert third.obligations == {("acme", "cafe"): Owed(7, 1)}


@pytest.mark.parametrize(
    ("cycle", "reason"), [(0, "CYCLE_NOT_FOUND"), (4, "CYCLE_NOT_FOUND"), (3, "CYCLE_NOT_CLOSED")]
)
def test_a_cycle_that_is_not_there_or_not_closed_has_no_book(
    books: psycopg.Connection, cycle: int, reason: str
) -> None:
    with pytest.raises(CoalitionError) as raised:
        read_cycle_book(books, load_house(books), cycle)
    assert raised.value.reason == reason


def test_a_cycle_that_one_shard_has_not_cut_has_no_book(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection, connection.transaction(force_rollback=True):
        connection.execute("UPDATE shards SET cycle = 2, cycle_start = 1 WHERE shard = 2")
        house = load_house(connection)
        assert read_cycle_book(connection, house, 1).cycle == 1
        with pytest.raises(CoalitionError) as raised:
            read_cycle_book(connection, house, 2)
        assert raised.value.reason == "CYCLE_NOT_CLOSED"


def test_a_missing_cut_is_an_inconsistency_of_the_books(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection, connection.transaction(force_rollback=True):
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM entries WHERE (shard, index) = (1, 6)")
        with pytest.raises(CoalitionError) as raised:
            read_cycle_book(connection, load_house(connection), 2)
        assert raised.value.reason == "BOOKS_INCONSISTENT"


async def test_the_statements_net_to_the_figures_that_are_settled(
    dsn: str, books: psycopg.Connection
) -> None:
    house = load_house(books)
    connection = await connect_async(dsn, READER)
    async with connection:
        figures = [await figures_of(connection, house, cycle) for cycle in (1, 2, 3)]
    owed = [read_cycle_book(books, house, cycle).obligations for cycle in (1, 2)]
    assert figures == [
        *[net({pair: each.amount_minor for pair, each in cycle.items()}) for cycle in owed],
        None,
    ]
    assert figures[0] is not None
    assert figures[0].nets == NETS_1


def test_statements_are_written_once_and_the_same_again(books: psycopg.Connection, tmp_path: Path) -> None:
    house = load_house(books)
    book = read_cycle_book(books, house, 2)
    paths = write_statements(book, tmp_path)
    names = [path.relative_to(tmp_path).as_posix() for path in paths]
    assert names == [f"2/{partner}.{form}" for partner in ("acme", "bakery", "cafe") for form in FORMS]
    bakery = json.loads((tmp_path / "2" / "bakery.json").read_bytes())
    assert (bakery["opening"], bakery["settled"], bakery["net"]) == ("-0.01", "-0.01", "1.99")
    assert (bakery["outcome"], bakery["due"], bakery["closing"]) == ("pays", "1.99", "1.99")
    first = {path: path.read_bytes() for path in paths}
    assert {path: path.read_bytes() for path in write_statements(book, tmp_path, processes=2)} == first
