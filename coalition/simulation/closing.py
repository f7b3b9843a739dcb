"""When all is quiet: every table against the second model, and the whole journal through the auditor's replay."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from typing import Any, TypeAlias

from coalition.audit.checks import Report
from coalition.audit.identities import check_identities
from coalition.audit.records import Record, in_order
from coalition.audit.replay import Replay
from coalition.audit.statements import check_statements, cycle_book
from coalition.simulation.model import Model
from coalition.simulation.postgres.tables import HoldRow, LotRow, MemberRow, Tables, TransitRow
from coalition.simulation.verdict import ViolationError
from settlement.ledger.book import IDLE_US

_POST = re.compile(r"\npost (\S+) (\S+) (\S+) (\d+)")
Pair: TypeAlias = tuple[str, dict[Any, Any], dict[Any, Any]]
"""Of what, the rows that are stored, and those that are expected."""


def check_model(model: Model) -> None:
    """ViolationError for the first law of the model itself that does not hold."""
    for sentence in model.broken_laws():
        raise ViolationError("the model's laws hold", sentence)


def check_tables(tables: Tables, model: Model) -> None:
    """ViolationError for the first table that is not what the model says."""
    for name, stored, expected in _pairs(tables, model):
        if stored != expected:
            raise ViolationError("tables are what the model says", f"{name}: {_difference(stored, expected)}")


def check_journal(tables: Tables) -> None:
    """ViolationError for the first finding of a replay of all entries, as `coalition fsck` makes it without signatures."""
    report = Report()
    replay = Replay(report)
    streams = {shard: _records(tables, shard) for shard in tables.entries}
    for read in in_order(streams):
        replay.feed(read)
    check_identities(replay, complete=True)
    check_statements(replay, report, partial(cycle_book, replay))
    for finding in report.findings:
        raise ViolationError("the books pass the audit", str(finding))


def _records(tables: Tables, shard: int) -> Iterator[Record]:
    for row in tables.entries[shard]:
        yield Record(shard, row.index, row.leaf.encode(), tables.payloads.get((shard, row.index)))


def _pairs(tables: Tables, model: Model) -> Iterator[Pair]:
    """Name, stored rows and expected rows of each table."""
    facts = model.facts
    points = facts.points
    yield from _members(tables, model)
    yield "aliases", tables.aliases, points.member_of
    acts = {name: (place.shard, place.index) for name, place in facts.answers.items()}
    yield "acts", {name: act[1:] for name, act in tables.acts.items()}, acts
    yield from _lots_and_holds(tables, model)
    yield _arrears(tables, model)
    debits: Counter[tuple[str, str]] = Counter()
    for (_, account, asset), (debited, credited) in tables.balances.items():
        debits[account, asset] += debited - credited
    yield "balances", dict(debits), {key: facts.accounts.debit(*key) for key in debits}
    owed: Counter[tuple[int, str, str]] = Counter()
    for (_, cycle, *pair), (amount, _) in tables.obligations.items():
        owed[cycle, pair[0], pair[1]] += amount
    accrued = {
        (n, *pair): micros for n, pairs in facts.cycles.accrued.items() for pair, micros in pairs.items()
    }
    yield "obligations", dict(owed), accrued
    undone = {original: sum(parts.values()) for original, parts in tables.reversals.items()}
    deeds = {(deed.shard, deed.index): deed.undone for deed in points.deeds.values() if deed.undone}
    yield "reversals", undone, deeds
    proved = {
        (points.shard_of[member], member, name): public
        for member, phone in facts.proofs.phones.items()
        for name, public in phone.proofs().items()
    }
    yield "proofs", {key: public for key, public in tables.proofs.items() if public is not None}, proved
    loaded = {(shard, *name[1:]): facts for (shard, name), facts in facts.openings.loaded.items()}
    yield "openings", tables.openings, loaded
    sizes = {shard: facts.size(shard) for shard in tables.shards}
    yield "shards", {shard: row.size for shard, row in tables.shards.items()}, sizes
    files = {sha256(file[1]).digest(): file for files in facts.banking.files.values() for file in files}
    yield "files", tables.files, files
    yield "concerns", dict.fromkeys(tables.concerns), dict.fromkeys(facts.concerned)
    yield "transfers", tables.transfers, _posted(tables)


def _arrears(tables: Tables, model: Model) -> Pair:
    stored = {
        key: (row.partner, row.asset, row.quantity, row.remaining) for key, row in tables.arrears.items()
    }
    expected = {
        (each.shard, each.index, each.place): (each.partner, each.asset, each.quantity, each.left)
        for each in model.facts.points.arrears.all()
    }
    return "arrears", stored, expected


def _members(tables: Tables, model: Model) -> Iterator[Pair]:
    """Where they live; and, of those who ever had a lot by activity, when they were last active and how long they may be idle."""
    points = model.facts.points
    watched = {lot.member for lot in points.lots if lot.idle is not None}
    expected = {
        member: (
            shard,
            points.active_us.get(member) if member in watched else None,
            points.fewest_idle(member),
            _last_sent(model, member),
        )
        for member, shard in points.shard_of.items()
    }
    rows = tables.members.items()
    yield "members", {key: _member(row) for key, row in rows}, expected


def _member(row: MemberRow) -> tuple[Any, ...]:
    return row.shard, row.active_at_us, row.idle_months, (row.sent_day, row.sent_points)


def _last_sent(model: Model, member: str) -> tuple[int, int]:
    """The last day on which a member sent points, and how many."""
    sent = model.facts.transfers.sent
    return max([(day, points) for (sender, day), points in sent.items() if sender == member], default=(0, 0))


def _lots_and_holds(tables: Tables, model: Model) -> Iterator[Pair]:
    lots = {
        (lot.shard, *lot.name): (
            lot.funder,
            lot.asset,
            lot.quantity,
            lot.left,
            lot.date_us,
            lot.idle,
            lot.pending_us,
            lot.over - lot.forgiven,
            lot.notice_us,
        )
        for lot in model.facts.points.lots
    }
    yield "lots", {key: _lot(row) for key, row in tables.lots.items()}, lots
    holds = {
        (hold.shard, hold.index): HoldRow(
            hold.index,
            hold.member,
            hold.partner,
            hold.amount,
            hold.tariff.number,
            hold.until_us,
            hold.closed_by,
        )
        for hold in model.facts.holds.by_place.values()
    }
    yield "holds", tables.holds, holds
    transits = {
        (each.place.shard, each.place.index): TransitRow(each.to_shard, each.recipient, each.arrived_by)
        for each in model.facts.transfers.transits.values()
    }
    yield "transits", tables.transits, transits


def _lot(row: LotRow) -> tuple[Any, ...]:
    date_us = row.expires_at_us if row.expires_at_us < IDLE_US else None
    life = (date_us, row.idle_months, row.pending_until_us, row.expired, row.notice_us)
    return (row.funder, row.asset, row.quantity, row.remaining, *life)


def _posted(tables: Tables) -> dict[tuple[int, int], list[tuple[str, str, str, int]]]:
    """What the leaves post, each of which was read strictly when it was committed."""
    found = [
        ((shard, row.index), _POST.findall(row.leaf))
        for shard, rows in tables.entries.items()
        for row in rows
    ]
    return {place: [(*post[:3], int(post[3])) for post in posts] for place, posts in found if posts}


def _difference(stored: dict[Any, Any], expected: dict[Any, Any]) -> str:
    for key in sorted(stored.keys() | expected.keys(), key=str):
        if stored.get(key) != expected.get(key):
            return f"{key} is {stored.get(key)}, the model says {expected.get(key)}"
    return "rows in another order"
