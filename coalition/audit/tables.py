"""Every table of the books against what the journal's leaves add up to."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any, LiteralString

from coalition.audit.checks import Check
from coalition.audit.claims import TAKEN
from coalition.audit.comparing import Row, compare
from coalition.audit.plain_payload import TOKEN_BYTES
from coalition.audit.quiet_tables import aliases_hold, check_lots, check_members
from coalition.audit.replay import Replay
from coalition.audit.stored import Connection, RowsSeen, rows_in_turn
from coalition.audit.tallied import Sums, TalliedArrear
from coalition.audit.trust import founding_vkeys
from settlement.errors import CoalitionError
from settlement.journal.leaf import HOUSE
from settlement.transparency.checkpoint import parse_and_verify
from settlement.transparency.merkle import memory_nodes, range_root

_ALIASES = "SELECT token, member::text FROM aliases"
_BALANCES = "SELECT shard, account, asset, debits, credits FROM balances"
_OBLIGATIONS = "SELECT shard, cycle, debtor, creditor, amount, count FROM obligations"
_ACCRUED = "SELECT cycle, debtor, creditor, amount FROM accrued"
_KEPT = "SELECT DISTINCT cycle FROM accrued ORDER BY cycle"
_ARREARS = (
    "SELECT shard, index, place, member::text, partner, asset, quantity, remaining, tariff FROM arrears"
)
_REVERSALS = "SELECT shard, original, index, amount FROM reversals"
_HOLDS = "SELECT shard, index, member::text, partner, amount, tariff, until_us, closed_by FROM holds"
_TRANSITS = "SELECT shard, index, to_shard, recipient::text, arrived_by FROM transits"
_CONCERNS = "SELECT partner, shard, index FROM concerns"
_PROOFS = "SELECT shard, member::text, name, public FROM proofs"
_OPENINGS = "SELECT shard, proposal, part, index, lots, points, value FROM openings"
_FILES = "SELECT sha256, kind, sha256(content) = sha256 FROM payment_files"
_SHARDS = "SELECT shard, size, house, recorded_at_us, cycle, cycle_start FROM shards"
_TRANSFERS = "SELECT count(*) FROM transfers"
_PAYLOADS = "SELECT count(*) FROM payloads"
_ENTRIES = "SELECT count(*) FROM entries"
_STRAY_TRANSFERS = """SELECT t.shard, t.index FROM transfers t LEFT JOIN entries e USING (shard, index)
    WHERE e.shard IS NULL LIMIT 100"""
_STRAY_PAYLOADS = """SELECT p.shard, p.index FROM payloads p LEFT JOIN entries e USING (shard, index)
    WHERE e.partner IS NULL LIMIT 100"""
_STRAY_ENTRIES = (
    "SELECT e.shard, e.index FROM entries e LEFT JOIN shards s USING (shard) WHERE s.shard IS NULL LIMIT 100"
)
_CHECKPOINTS = "SELECT size, note FROM checkpoints ORDER BY size"


# A dataclass's `astuple` copies each value at length.
_arrear_facts = attrgetter(*[field.name for field in fields(TalliedArrear)])


def check_tables(connection: Connection, replay: Replay, seen: RowsSeen) -> Iterator[None]:
    """Compares table after table; yields after each, so that findings can be streamed. `seen`: rows compared already."""
    for check, sql, key_width, expected in _expectations(replay):
        compare(replay.report, check, _rows(connection, sql), expected(), key_width=key_width)
        yield
    check_members(connection, replay)
    yield
    check_lots(connection, replay)
    yield
    _check_aliases(connection, replay)
    yield
    _check_accrued(connection, replay)
    yield
    for check, counted, known, strays in (
        (Check.TABLE_TRANSFERS, _TRANSFERS, seen.transfers, _STRAY_TRANSFERS),
        (Check.TABLE_PAYLOADS, _PAYLOADS, seen.payloads, _STRAY_PAYLOADS),
        (Check.TABLE_ENTRIES, _ENTRIES, seen.entries, _STRAY_ENTRIES),
    ):
        replay.report.count(check)
        # To look for the rows that are too many costs much more than to count all.
        if connection.execute(counted).fetchone() != (known,):
            for shard, index in connection.execute(strays).fetchall():
                sentence = "a row that belongs to no entry of the journal that could have it"
                replay.report.find(check, f"{shard}:{index}", sentence)
        yield
    _check_checkpoints(connection, replay)
    yield


_Expectation = tuple[Check, LiteralString, int, Callable[[], dict[Any, Any]]]


def _expectations(replay: Replay) -> list[_Expectation]:
    """For each table: its rows, how many leading columns are the key, and what the journal expects."""
    tally = replay.tally
    return [
        (Check.TABLE_ARREARS, _ARREARS, 3, lambda: _expected_facts(tally.arrears, _arrear_facts)),
        (Check.TABLE_BALANCES, _BALANCES, 3, lambda: _expected_sums(tally.balances)),
        (Check.TABLE_OBLIGATIONS, _OBLIGATIONS, 4, lambda: _expected_sums(tally.obligations)),
        (
            Check.TABLE_REVERSALS,
            _REVERSALS,
            3,
            lambda: {key: (amount,) for key, amount in tally.reversals.items()},
        ),
        (Check.TABLE_HOLDS, _HOLDS, 2, lambda: _expected_holds(replay)),
        (Check.TABLE_TRANSITS, _TRANSITS, 2, lambda: _expected_transits(replay)),
        (Check.TABLE_CONCERNS, _CONCERNS, 3, lambda: dict.fromkeys(tally.concerns, ())),
        (
            Check.TABLE_PROOFS,
            _PROOFS,
            3,
            lambda: {key: (public,) for key, public in tally.proofs.items()},
        ),
        (Check.TABLE_OPENINGS, _OPENINGS, 3, lambda: dict(replay.openings.parts)),
        (Check.TABLE_FILES, _FILES, 1, lambda: _expected_files(replay)),
        (Check.TABLE_SHARDS, _SHARDS, 1, lambda: _expected_shards(replay)),
    ]


def _expected_holds(replay: Replay) -> dict[Row, Row]:
    holds = replay.tally.holds.items()
    return {
        key: (each.member, each.partner, each.amount, each.tariff, each.until_us, each.closed_by)
        for key, each in holds
    }


def _expected_transits(replay: Replay) -> dict[Row, Row]:
    transits = replay.tally.transits.items()
    return {key: (each.to_shard, each.recipient, each.arrived_by) for key, each in transits}


def _expected_files(replay: Replay) -> dict[Row, Row]:
    """By hash: the kind, and that the bytes have that hash. Deciding the entry again has made the same bytes."""
    made = replay.house.instructions.values()
    return {(bytes.fromhex(digest),): (kind, True) for each in made for kind, digest in each.files}


def _expected_facts(tallied: Mapping[Any, object], facts: Callable[[object], Row]) -> dict[Any, Row]:
    return {name: facts(each) for name, each in tallied.items()}


def _expected_sums(sums: Mapping[Any, Sums]) -> dict[Row, Row]:
    return {key: (each.first, each.second) for key, each in sums.items()}


def _expected_shards(replay: Replay) -> dict[Row, Row]:
    """The house never cuts: its row stays in the first cycle. A shard without entries has the time at which it was made."""
    numbers = (HOUSE, *replay.member_shards) if replay.house.network is not None else (HOUSE,)
    founded_us = replay.founded_at_us
    expected: dict[Row, Row] = {}
    for shard in sorted({*numbers, *replay.shards}):
        state = replay.shards.get(shard)
        if state is None or state.size == 0:
            expected[shard,] = (0, 0, founded_us, 1, 0)
        else:
            expected[shard,] = (state.size, state.house, state.time_us, state.cycle, state.cycle_start)
    return expected


def _rows(connection: Connection, sql: LiteralString) -> Iterator[Row]:
    return rows_in_turn(connection, sql, name="table")


def _check_aliases(connection: Connection, replay: Replay) -> None:
    """Aliases are in payloads; where one is erased, or an opening's file holds them, a member's further ones are believed."""
    if aliases_hold(connection, replay):
        return
    expected = {
        (token,): (member,)
        for token, member in replay.aliases.items()
        if token != TAKEN and len(token) == TOKEN_BYTES
    }
    erased = {
        member for token, member in replay.aliases.items() if len(token) != TOKEN_BYTES and token != TAKEN
    }
    erased |= replay.openings.joined
    rows = (row for row in _rows(connection, _ALIASES) if (row[0],) in expected or row[1] not in erased)
    compare(replay.report, Check.TABLE_ALIASES, rows, expected, key_width=1)


def _check_accrued(connection: Connection, replay: Replay) -> None:
    """Of which cycles sums are kept is free; those of a cycle are whole."""
    founded = replay.house.network is not None
    kept = [cycle for (cycle,) in connection.execute(_KEPT).fetchall() if founded and replay.is_cut(cycle)]
    fell = sorted(
        (cycle, debtor, creditor, sums.first)
        for (_, cycle, debtor, creditor), sums in replay.tally.obligations.items()
    )
    accrued, expected, place = Counter[tuple[str, str]](), dict[Row, Row](), 0
    for cycle in kept:
        while place < len(fell) and fell[place][0] <= cycle:
            _, debtor, creditor, amount = fell[place]
            accrued[debtor, creditor] += amount
            place += 1
        expected.update({(cycle, *pair): (amount,) for pair, amount in accrued.items()})
    compare(replay.report, Check.TABLE_ACCRUED, _rows(connection, _ACCRUED), expected, key_width=3)


def _check_checkpoints(connection: Connection, replay: Replay) -> None:
    """Every checkpoint ever published: signed by the log, and the root of the leaves at its size."""
    report, keys = replay.report, founding_vkeys(replay)
    leaf_hashes = replay.shards[HOUSE].leaf_hashes
    nodes = memory_nodes(leaf_hashes)
    for size, note in connection.execute(_CHECKPOINTS).fetchall():
        where = f"checkpoint of {size}"
        report.count(Check.TABLE_CHECKPOINTS)
        try:
            checkpoint = parse_and_verify(note, keys)
            root = range_root(nodes, start=0, stop=checkpoint.size)
        except (CoalitionError, OverflowError) as error:
            report.find(Check.TABLE_CHECKPOINTS, where, str(error))
            continue
        if checkpoint.size != size or checkpoint.origin != replay.house.founded.origin:
            report.find(
                Check.TABLE_CHECKPOINTS,
                where,
                f"the note is of {checkpoint.size} entries of {checkpoint.origin}",
            )
        if root != checkpoint.root:
            sentence = f"the leaves give the root {root.hex()}, signed is {checkpoint.root.hex()}"
            report.find(Check.TABLE_CHECKPOINTS, where, sentence)
