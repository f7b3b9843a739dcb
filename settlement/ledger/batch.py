"""A batch: acts for one shard become entries in one database transaction.

    lock the shard's row > seen before? > bring the house up to date > load > fresh, key good? > decide > write > commit

The shard's row lock makes its history serial; there is no other lock, so no deadlock. The number of statements does not depend on
the number of acts. Times come from PostgreSQL's clock, read under the lock, and strictly increase; entries of the engine
alone are timed by what they follow. A practice network's are as far ahead of that clock as its house says.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from psycopg import AsyncConnection, Error, errors
from psycopg.rows import TupleRow

from settlement.clock import SECOND_US
from settlement.errors import BooksError, CoalitionError
from settlement.house.state import House
from settlement.journal.acts import Act, Draft, Outcome
from settlement.ledger import writing
from settlement.ledger.memory import HOUSE_SIZE, HouseMemory

SKEW_MAX_US = 60 * SECOND_US
RETRIES_MAX = 5
Verdict = Outcome | CoalitionError


class _ClockSetAheadError(Exception):
    """A practice network's clock was set ahead while the batch was loaded for an earlier time."""


_AGAIN = (
    errors.UniqueViolation,
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    _ClockSetAheadError,
)

LOCK = """SELECT size, house, cycle, cycle_start, recorded_at_us,
    (extract(epoch FROM clock_timestamp()) * 1000000)::bigint FROM shards WHERE shard = %s FOR UPDATE"""
LATER = """SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, (SELECT max(recorded_at_us) FROM shards), size
    FROM shards WHERE shard = 0"""
NEWEST = "SELECT max(recorded_at_us) FROM shards"
OUTCOMES = r"""a.act_id::text, a.payload_sha256, e.shard, e.index, e.leaf_hash, e.recorded_at_us, e.refusal,
    e.member::text, e.balance_after, coalesce(substring(e.leaf FROM '\namount (VAL) '), 'PTS')
    FROM acts a JOIN entries e USING (shard, index)"""
"""Columns and tables of a statement that reads what `Outcome` holds."""
SEEN = f"SELECT a.partner, {OUTCOMES} WHERE a.act_id = ANY(%b::uuid[])"


@dataclass(slots=True)
class ShardHead:
    """A shard's row under its lock. `now_us` is the time of the next entry, `locked_us` what it was when the lock was had.

    `due_us`: the latest moment at which anything fell due that the batch is about to see to; 0: nothing did.
    """

    shard: int
    size: int
    house: int
    cycle: int
    cycle_start: int
    now_us: int
    locked_us: int
    due_us: int = 0


class Rules(Protocol):
    """How one kind of shard judges its acts: members' shards in this room, the house in `settlement.clearing`."""

    @property
    def house(self) -> House:
        """The house that the next act is judged under; in the house's own shard each act may change it for the next."""

    async def load(
        self,
        connection: AsyncConnection[TupleRow],
        head: ShardHead,
        house: House,
        acts: Sequence[Act[object]],
    ) -> bool:
        """Reads what the acts need, in a fixed number of statements; says whether any of it is shared with other shards."""

    def begin(self, head: ShardHead, house: House) -> list[Draft]:
        """Entries of the engine that come before the first act."""

    def decide(self, act: Act[object], index: int, now_us: int) -> Draft:
        """Judges one act; may raise a CoalitionError, which records nothing."""

    def changes(self) -> list[writing.Statement]:
        """Statements that write the rule's own tables."""


class RulesMaker(Protocol):
    """Makes fresh rules for one batch."""

    def __call__(self, head: ShardHead, house: House) -> Rules:
        """Rules for one batch of the shard, under the house as it is known so far."""
        ...


async def post(
    connection: AsyncConnection[TupleRow],
    memory: HouseMemory,
    make_rules: RulesMaker,
    shard: int,
    acts: Sequence[Act[object]],
) -> list[Verdict]:
    """Posts acts in order and returns one verdict per act, after the commit.

    A collision with another shard on an act id, which only a partner who sends one id to two members can cause, rolls the batch
    back and starts it again. psycopg errors pass through: then nobody knows yet whether the batch was committed.
    """
    for _ in range(RETRIES_MAX):
        try:
            return await _post_once(connection, memory, make_rules, shard, acts)
        except _AGAIN:
            await connection.rollback()
        except BaseException:
            await _abandon(connection)
            raise
    raise CoalitionError("BOOKS_UNAVAILABLE", "the shard is contended; send the same bytes again")


async def _abandon(connection: AsyncConnection[TupleRow]) -> None:
    """Ends the transaction of a batch that failed, on a connection that may be gone."""
    with contextlib.suppress(Error):
        await connection.rollback()


async def _post_once(
    connection: AsyncConnection[TupleRow],
    memory: HouseMemory,
    make_rules: RulesMaker,
    shard: int,
    acts: Sequence[Act[object]],
) -> list[Verdict]:
    head, ahead_us, seen = await _begin(connection, memory, shard, acts)
    verdicts, first_sight = _sort_out(acts, seen)
    rules = make_rules(head, memory.house)
    if await rules.load(connection, head, memory.house, [acts[place] for place in first_sight]):
        await _stand_after_others(connection, memory, head)
    # Another shard's batch may have moved the house on meanwhile: from here to the numbering nothing awaits.
    house = memory.house
    if house.ahead_us != ahead_us:
        raise _ClockSetAheadError
    drafts = rules.begin(head, house)
    numbers = _decide(rules, head, acts, first_sight, drafts, verdicts)
    if drafts and not numbers:
        await _follow_what_is_recorded(connection, head)
    if drafts:
        outcomes = await writing.write_and_commit(connection, head, house, drafts, rules.changes())
        for place, number in numbers.items():
            verdicts[place] = outcomes[number]
    else:
        await connection.rollback()
    return _answers(acts, verdicts)


async def _stand_after_others(
    connection: AsyncConnection[TupleRow], memory: HouseMemory, head: ShardHead
) -> None:
    """Moves the batch's time and house past every entry of another shard whose work it has just read.

    So an entry that was refused because another shard was first stands after it, by house and time, for every auditor.
    """
    row = await (await connection.execute(LATER)).fetchone()
    if row is not None:
        clock_us, newest_us, house_size = row
        await memory.catch_up(connection, house_size)
        # The other shard may be ahead of the clock, by what it saw to when the clock was ahead itself.
        head.now_us = max(head.now_us, clock_us + memory.house.ahead_us, newest_us + 1)


async def _follow_what_is_recorded(connection: AsyncConnection[TupleRow], head: ShardHead) -> None:
    """Times a batch of the engine's entries alone right behind the newest entry of all shards, should the clock be ahead of it;
    or at the moment at which what they see to fell due, if that is later.

    A clock that was set ahead carries acts no further than they live; these entries it would carry into next year, and every
    act after them, once the clock is right again, would have expired.
    """
    row = await (await connection.execute(NEWEST)).fetchone()
    if row is not None:
        head.now_us = min(head.now_us, max(row[0] + 1, head.due_us))


def _decide(
    rules: Rules,
    head: ShardHead,
    acts: Sequence[Act[object]],
    places: Sequence[int],
    drafts: list[Draft],
    verdicts: list[Verdict | None],
) -> dict[int, int]:
    """Appends a draft for each act that becomes an entry and returns where; errors go to the verdicts."""
    numbers: dict[int, int] = {}
    for place in places:
        act = acts[place]
        try:
            _check_fresh(rules.house, act, head)
            draft = rules.decide(act, head.size + len(drafts), head.now_us + len(drafts))
        except CoalitionError as error:
            verdicts[place] = error
        else:
            numbers[place] = len(drafts)
            drafts.append(draft)
    return numbers


async def _begin(
    connection: AsyncConnection[TupleRow], memory: HouseMemory, shard: int, acts: Sequence[Act[object]]
) -> tuple[ShardHead, int, dict[tuple[str, str], Outcome]]:
    """Opens the transaction, locks the shard's row and brings the house up to date.

    Gives the row, how far ahead of PostgreSQL's clock it is timed, and the acts seen before.
    """
    async with connection.pipeline():
        await connection.execute("BEGIN")
        locked = await connection.execute(LOCK, (shard,))
        house = await connection.execute(HOUSE_SIZE)
        seen = await connection.execute(SEEN, ([act.act_id for act in acts],))
    row, house_row = await locked.fetchone(), await house.fetchone()
    if row is None or house_row is None:
        raise BooksError(f"shard {shard} does not exist; run `coalition db init`")
    size, house_size, cycle, start, last_us, clock_us = row
    found = {
        (partner, act_id): Outcome(act_id, sha, *facts)
        for partner, act_id, sha, *facts in await seen.fetchall()
    }
    await memory.catch_up(connection, house_row[0])
    ahead_us = memory.house.ahead_us
    now_us = max(clock_us + ahead_us, last_us + 1)
    return ShardHead(shard, size, house_size, cycle, start, now_us, now_us), ahead_us, found


def _sort_out(
    acts: Sequence[Act[object]], seen: dict[tuple[str, str], Outcome]
) -> tuple[list[Verdict | None], list[int]]:
    """Verdicts for acts that need no decision, and the places of those seen for the first time, in order.

    None stands where a verdict is to come; an act that repeats an earlier one of the batch also stays None.
    """
    verdicts: list[Verdict | None] = [None] * len(acts)
    first_sight: list[int] = []
    here: dict[tuple[str, str], bytes] = {}
    for place, act in enumerate(acts):
        name = (act.partner, act.act_id)
        known = seen.get(name)
        sha = known.payload_sha256 if known is not None else here.get(name)
        if sha is not None:
            verdicts[place] = known if sha == act.payload_sha256 else _reused(act)
            continue
        here[name] = act.payload_sha256
        first_sight.append(place)
    return verdicts, first_sight


def _answers(acts: Sequence[Act[object]], verdicts: list[Verdict | None]) -> list[Verdict]:
    """Fills in acts that repeat an earlier one of the same batch: they get its verdict."""
    first: dict[tuple[str, str], Verdict] = {}
    for act, verdict in zip(acts, verdicts, strict=True):
        if verdict is not None:
            first.setdefault((act.partner, act.act_id), verdict)
    return [
        v if v is not None else first[act.partner, act.act_id] for act, v in zip(acts, verdicts, strict=True)
    ]


def _reused(act: Act[object]) -> CoalitionError:
    message = (
        f"act {act.act_id} is recorded with other bytes; use a fresh id, or GetReceipt to learn its outcome"
    )
    return CoalitionError("ACT_ID_REUSED", message, field="header.request_id")


def _check_fresh(house: House, act: Act[object], head: ShardHead) -> None:
    """At first sight only: the key still lives at this house size, and the request's time has come and not gone.

    A practice network's clock counts here as if nobody had set it. Only by the shard's own time has a request expired for good:
    a batch that had to stand after a shard ahead of the clock is too late for it, another batch may not be.
    """
    if house.live_key(act.keyid) is None:
        raise CoalitionError(
            "KEY_REVOKED", "the key is revoked; sign with a live key", field="signatures.keyid"
        )
    now_us, locked_us = head.now_us - house.ahead_us, head.locked_us - house.ahead_us
    if act.issued_at_us > now_us + SKEW_MAX_US:
        message = "issued_at is over 60 s ahead; set your clock"
        raise CoalitionError("REQUEST_FROM_THE_FUTURE", message, field="header.issued_at")
    if locked_us >= act.expires_at_us:
        message = "the request expired before it was seen: it never ran and never will; make a fresh one"
        raise CoalitionError("REQUEST_EXPIRED", message, field="header.expires_at")
    if now_us >= act.expires_at_us:
        message = "another shard is ahead of the clock; send the same bytes again"
        raise CoalitionError("BOOKS_UNAVAILABLE", message)
