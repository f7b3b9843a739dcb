"""Tables in which most rows are of quiet members: those are compared by the whole, all others one by one."""

from collections.abc import Container
from dataclasses import fields
from operator import attrgetter
from uuid import UUID

import numpy as np

from coalition.audit.arrays import id_bytes
from coalition.audit.checks import Check
from coalition.audit.claims import TAKEN
from coalition.audit.comparing import Row, compare
from coalition.audit.lot_rows import ROWS, LotRows, StoredLots
from coalition.audit.plain_payload import TOKEN_BYTES
from coalition.audit.quiet_lots import InDoubtError
from coalition.audit.replay import Replay
from coalition.audit.stored import Connection, lines_in_turn, pages_in_turn
from coalition.audit.tallied import LotName, TalliedLot
from settlement.ledger.book import Wallet

_MEMBERS = """SELECT member::text, shard, active_at_us, idle_months, sent_day, sent_points FROM members
    JOIN unnest(%b::uuid[]) AS named (member) USING (member)"""
_MEMBER_LINES = """SELECT uuid_send(member) || int2send(shard) || CASE WHEN active_at_us IS NULL AND idle_months IS NULL
        AND sent_day = 0 AND sent_points = 0 THEN '\\x'::bytea ELSE '\\x00' END FROM members"""
_ALIAS_LINES = "SELECT token || uuid_send(member) FROM aliases"
_LOTS = """SELECT shard, index, place, member::text, funder, asset, quantity, remaining, expires_at_us, tariff,
    idle_months, pending_until_us, expired, notice_us FROM lots
    JOIN (SELECT DISTINCT * FROM unnest(%b::smallint[], %b::bigint[]) AS named (shard, index)) AS named USING (shard, index)"""

# A dataclass's `astuple` copies each value at length.
_lot_facts = attrgetter(*[field.name for field in fields(TalliedLot)])


def check_lots(connection: Connection, replay: Replay) -> None:
    """Lots of quiet members by the whole; all others, and whichever of those is not as it must be, one by one."""
    quiet = [LotRows(lots, replay.house.tariffs) for lots in replay.quiet_lots]
    others: list[LotName] = []
    for part in pages_in_turn(connection, "lots", ROWS):
        stored = StoredLots(*part)
        met = np.logical_or.reduce(
            [np.zeros(len(stored.fixed), np.bool_), *[lots.meet(stored) for lots in quiet]]
        )
        others += stored.names(np.flatnonzero(~met))
    if not all(lots.met.all() for lots in quiet):
        raise InDoubtError
    replay.report.count(Check.TABLE_LOTS, sum([len(lots.index) for lots in replay.quiet_lots]))
    shards, indexes, _ = zip(*others, strict=True) if others else ((), (), ())
    rows = connection.execute(_LOTS, (list(shards), list(indexes)), binary=True) if others else ()
    compare(replay.report, Check.TABLE_LOTS, rows, _expected_lots(replay), key_width=3)


def _expected_lots(replay: Replay) -> dict[Row, Row]:
    """What expired and no reversal has counted, and when a notice is due, deciding every entry again left; all else their
    lines say.
    """
    expected: dict[Row, Row] = {}
    decided = {shard: book.lots for shard, book in replay.books.items()}
    for name, lot in replay.tally.lots.items():
        again = decided.get(name[0], {}).get(name[1:])
        left = (0, None) if again is None else (again.expired, again.notice_us)
        expected[name] = _lot_facts(lot) + left
    return expected


def check_members(connection: Connection, replay: Replay) -> None:
    """Quiet members did nothing that their rows would tell."""
    quiet: dict[bytes, str] = {}
    for lots in replay.quiet_lots:
        shard = lots.shard.to_bytes(2)
        quiet |= {id_bytes(name) + shard: name for name, _, _ in lots.wallets()}
    names, others = set(quiet.values()), list[UUID]()
    for lines in lines_in_turn(connection, _MEMBER_LINES, name="members"):
        others += [UUID(bytes=line[:16]) for line in lines if quiet.pop(line, None) is None]
    if quiet:
        raise InDoubtError
    replay.report.count(Check.TABLE_MEMBERS, len(names))
    rows = connection.execute(_MEMBERS, (others,), binary=True) if others else ()
    compare(replay.report, Check.TABLE_MEMBERS, rows, _expected_members(replay, names), key_width=1)


def _expected_members(replay: Replay, quiet: Container[str]) -> dict[Row, Row]:
    """When they were last active, and what they sent, is what deciding every entry again left.

    The fewest months are those of their open lots.
    """
    idle: dict[str, int] = {}
    for lot in replay.tally.lots.values():
        if lot.idle_months is not None and lot.remaining > 0:
            idle[lot.member] = min(lot.idle_months, idle.get(lot.member, lot.idle_months))
    expected: dict[Row, Row] = {}
    for member, shard in replay.tally.members.items():
        if member in quiet:
            continue
        book = replay.book(shard)
        sent = book.transits.sent.get(member, (0, 0))
        expected[member,] = (
            shard,
            book.wallets.get(member, Wallet(0)).active_at_us,
            idle.get(member),
            *sent,
        )
    return expected


def aliases_hold(connection: Connection, replay: Replay) -> bool:
    """Whether the aliases are exactly those that were linked."""
    expected = {
        token + id_bytes(member)
        for token, member in replay.aliases.items()
        if token != TAKEN and len(token) == TOKEN_BYTES
    }
    stored = [line for lines in lines_in_turn(connection, _ALIAS_LINES, name="aliases") for line in lines]
    holds = len(stored) == len(expected) and expected == set(stored)
    if holds:
        replay.report.count(Check.TABLE_ALIASES, len(stored))
    return holds
