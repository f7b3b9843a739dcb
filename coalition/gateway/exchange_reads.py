"""Reads of points and entries."""

import base64
import struct
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from coalition.api.v1 import exchange_pb2, members_pb2
from coalition.gateway.admission import Admitted
from coalition.gateway.concerning import Span, entries_concerning, shard_sizes
from coalition.gateway.means import Means
from coalition.wire.receipts import seal_receipt
from coalition.wire.requests import member_name
from coalition.wire.strict import invalid, read_uuid
from settlement.errors import CoalitionError
from settlement.house.lateness import Lateness
from settlement.journal.acts import Outcome
from settlement.journal.leaf import Entry, parse_leaf
from settlement.ledger.acts import MemberName
from settlement.ledger.batch import OUTCOMES
from settlement.ledger.chart import parties
from settlement.money import ASSETS

PAGE_DEFAULT = 100
PAGE_MAX = 1_000
MEMBER = """SELECT m.member::text, m.shard, w.credits - w.debits, h.credits - h.debits,
    p.credits - p.debits, (SELECT sum(a.remaining) FROM arrears a
    WHERE a.shard = m.shard AND a.member = m.member AND a.asset = asked.asset AND a.remaining > 0)
    FROM members m CROSS JOIN unnest(%s::text[]) WITH ORDINALITY AS asked (asset, place)
    LEFT JOIN balances w ON w.shard = m.shard AND w.account = 'wallet:' || m.member::text AND w.asset = asked.asset
    LEFT JOIN balances h ON h.shard = m.shard AND h.account = 'held:' || m.member::text AND h.asset = asked.asset
    LEFT JOIN balances p ON p.shard = m.shard AND p.account = 'pending:' || m.member::text AND p.asset = asked.asset
    WHERE m.member = %s ORDER BY asked.place"""
ALIAS = "SELECT member::text FROM aliases WHERE token = %s"
OUTCOME = f"SELECT {OUTCOMES} WHERE a.partner = %s AND a.act_id = %s"

ENTRY = "SELECT e.leaf, p.payload FROM entries e LEFT JOIN payloads p USING (shard, index) WHERE e.shard = %s AND e.index = %s"


class Had(NamedTuple):
    """What a member has of an asset: what it can spend, what is in open holds, what is pending; and what it owes."""

    balance: int
    held: int
    pending: int
    arrears: int


class Found(NamedTuple):
    """A member, its shard, its points and its value."""

    member: str
    shard: int
    points: Had
    value: Had


async def find_member(connection: AsyncConnection[TupleRow], name: MemberName) -> Found:
    """The member with this id or alias. Error MEMBER_NOT_FOUND."""
    member = name.member
    if name.alias is not None:
        found = await (await connection.execute(ALIAS, (name.alias,))).fetchone()
        member = found[0] if found is not None else None
    rows = [] if member is None else await (await connection.execute(MEMBER, ([*ASSETS], member))).fetchall()
    if not rows:
        raise CoalitionError("MEMBER_NOT_FOUND", "no member has this id or alias", field="member")
    points, value = (Had(*[int(amount or 0) for amount in row[2:]]) for row in rows)
    return Found(rows[0][0], rows[0][1], points, value)


async def get_balance(means: Means, admitted: Admitted) -> exchange_pb2.GetBalanceResponse:
    """A member's points and value: spendable, in open holds, pending, and those that it owes, all of one moment."""
    async with means.reads.connection() as connection:
        found = await find_member(connection, member_name(admitted.message))
    return exchange_pb2.GetBalanceResponse(
        member_id=found.member,
        **found.points._asdict(),
        value=found.value.balance,
        value_held=found.value.held,
        value_pending=found.value.pending,
        value_arrears=found.value.arrears,
    )


async def get_member(means: Means, admitted: Admitted) -> members_pb2.GetMemberResponse:
    """A member's id and shard."""
    async with means.reads.connection() as connection:
        found = await find_member(connection, member_name(admitted.message))
    return members_pb2.GetMemberResponse(member_id=found.member, shard=found.shard)


async def get_receipt(means: Means, admitted: Admitted) -> bytes:
    """The receipt of one of the caller's acts, stating the same facts as the first time."""
    act_id = read_uuid(admitted.message.act_id, "act_id")
    async with means.reading() as (connection, house):
        row = await (await connection.execute(OUTCOME, (admitted.caller.partner, act_id))).fetchone()
    if row is None:
        raise CoalitionError("ACT_UNKNOWN", "no act of the caller with this id is recorded", field="act_id")
    return seal_receipt(means.receipt_signer, audience=house.founded.origin, outcome=Outcome(*row))


async def list_entries(means: Means, admitted: Admitted) -> exchange_pb2.ListEntriesResponse:
    """One page of the entries that concern the caller, shard by shard; the operator sees all.

    The page token holds where to go on and each shard's size at the first page, so pages never shift.
    """
    request: Any = admitted.message
    if not 0 <= request.page_size <= PAGE_MAX:
        raise invalid("page_size", f"from 0 to {PAGE_MAX}")
    limit = request.page_size or PAGE_DEFAULT
    partner = None if admitted.caller.is_operator else admitted.caller.partner
    response = exchange_pb2.ListEntriesResponse()
    async with means.reading() as (connection, house):
        lateness = Lateness(house)
        shard, start, sizes = _read_token(request.page_token, await shard_sizes(connection))
        while shard is not None and len(response.entries) < limit:
            span = Span(partner, shard, start, sizes[shard], limit - len(response.entries))
            for _, index, leaf in await entries_concerning(connection, [span]):
                late = lateness.is_late(leaf.decode())
                response.entries.add(shard=shard, entry_number=index, leaf=leaf, late=late)
            if len(response.entries) == limit:
                start = response.entries[-1].entry_number + 1
            else:
                shard, start = next((s for s in sorted(sizes) if s > shard), None), 0
    if shard is not None:
        response.next_page_token = _write_token(shard, start, sizes)
    return response


async def get_entry(means: Means, admitted: Admitted) -> exchange_pb2.GetEntryResponse:
    """One entry that concerns the caller or by which it is owed, and what was signed for it if the caller signed it."""
    shard, number, caller = admitted.message.shard, admitted.message.entry_number, admitted.caller
    async with means.reading() as (connection, house):
        found = await (await connection.execute(ENTRY, (shard, number))).fetchone()
        partner = None if caller.is_operator else caller.partner
        concerns = (
            await entries_concerning(connection, [Span(partner, shard, number, number + 1, 1)])
            if found
            else []
        )
    leaf, payload = found or ("", None)
    entry = parse_leaf(leaf.encode("ascii")) if leaf else None
    if entry is None or not (concerns or _is_side(entry, caller.partner, house.operator)):
        message = "there is no such entry, or it does not concern you"
        raise CoalitionError("ENTRY_NOT_FOUND", message, field="entry_number")
    late = Lateness(house).is_late(leaf)
    shown = exchange_pb2.Entry(shard=shard, entry_number=number, leaf=leaf.encode("ascii"), late=late)
    response = exchange_pb2.GetEntryResponse(entry=shown)
    if caller.is_operator or entry.get("partner") == caller.partner:
        response.payload = payload or b""
    return response


def _is_side(entry: Entry, partner: str, operator: str) -> bool:
    """Whether a posting makes the partner owe, or be owed."""
    sides = [parties(each.debit, each.credit, operator=operator) for each in entry.transfers()]
    return any(pair is not None and partner in pair for pair in sides)


async def follow_entries(
    means: Means, admitted: Admitted
) -> AsyncGenerator[exchange_pb2.FollowEntriesResponse]:
    """The entries that concern the caller as they come, for as long as its key lives; the operator sees all."""
    request, caller = admitted.message, admitted.caller
    if request.only_new and request.resume_token:
        raise invalid("only_new", "false beside a resume_token")
    followed = means.follower.follow(
        means.reads,
        caller.partner,
        sees_all=caller.is_operator,
        token=request.resume_token,
        only_new=request.only_new,
    )
    async with aclosing(followed):
        async for entry, token in followed:
            means.check_key(admitted.sealed.keyid)
            response = exchange_pb2.FollowEntriesResponse(resume_token=token)
            if entry is not None:
                shard, number, leaf = entry
                late = Lateness(means.memory.house).is_late(leaf.decode())
                shown = exchange_pb2.Entry(shard=shard, entry_number=number, leaf=leaf, late=late)
                response.entry.MergeFrom(shown)
            yield response


def _write_token(shard: int, start: int, sizes: dict[int, int]) -> str:
    numbers = [shard, start, *[number for pair in sorted(sizes.items()) for number in pair]]
    return base64.urlsafe_b64encode(struct.pack(f">{len(numbers)}q", *numbers)).decode()


def _read_token(token: str, sizes: dict[int, int]) -> tuple[int | None, int, dict[int, int]]:
    """Where to go on; what does not fit the shards of now was not a token of ours."""
    if not token:
        return min(sizes), 0, sizes
    try:
        data = base64.b64decode(token, altchars=b"-_", validate=True)
        shard, start, *pairs = struct.unpack(f">{len(data) // 8}q", data)
        then = dict(zip(pairs[::2], pairs[1::2], strict=True))
    except (ValueError, struct.error):
        raise invalid("page_token", "the next_page_token of the page before, unchanged") from None
    known = then.keys() == sizes.keys() and all(0 <= then[s] <= sizes[s] for s in sizes)
    if not known or shard not in sizes or not 0 <= start <= then[shard]:
        raise invalid("page_token", "the next_page_token of the page before, unchanged")
    return shard, start, then
