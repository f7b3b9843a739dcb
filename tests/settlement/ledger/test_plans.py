"""Posting looks rows up by key: even plans made on empty tables, which a connection keeps for ever, touch only what is asked."""

import re

import psycopg
import pytest

from settlement.database import GATEWAY, OWNER, connect_writer, create_roles, migrate
from settlement.ledger import batch, crossing, members, open_lots, sweeping

DUE = "bigint, smallint[], bigint[], smallint, bigint"
LOOK_UPS = {
    "seen": (batch.SEEN, "uuid[]", "act_id = ANY"),
    "members": (members.MEMBERS, "uuid[], smallint", "member = ANY"),
    "balances": (members.BALANCES, "smallint, text[], text[]", "account = asked.account"),
    "open lots": (
        open_lots.OPEN_LOTS,
        "smallint, bigint, uuid[], text[], bigint[], smallint[]",
        "asset = asked.asset",
    ),
    "lots that are over by date": (
        open_lots.OVER_LOTS,
        "smallint, bigint, uuid[], text[], bigint[], smallint[]",
        "expires_at_us <=",
    ),
    "lots that are over by activity": (
        open_lots.OVER_LOTS,
        "smallint, bigint, uuid[], text[], bigint[], smallint[]",
        "idle_months <= asked.idle",
    ),
    "lots that are pending no longer": (
        sweeping.COMING_LOTS,
        "smallint, bigint, uuid[], text[], bigint[]",
        "member = asked.member",
    ),
    "members with lots that are over": (sweeping.DUE_MEMBERS, DUE, "expires_at_us <="),
    "members with lots that are pending no longer": (sweeping.DUE_MEMBERS, DUE, "pending_until_us <="),
    "members that are idle": (sweeping.DUE_MEMBERS, DUE, "active_at_us <= "),
    "shards in which something is due": (sweeping.DUE_SHARDS, DUE, "expires_at_us <="),
    "how soon idle members lose points": (members.ACTIVITY, "uuid[], bigint[]", "member = m.member"),
    "named lots": (members.NAMED_LOTS, "smallint, bigint[], smallint[]", "index = asked.index"),
    "aliases": (members.ALIASES, "bytea[]", "token = ANY"),
    "holds": (members.HOLDS, "uuid[], smallint", "act_id = ANY"),
    "due holds": (sweeping.DUE_HOLDS, "smallint, bigint, bigint", "until_us <="),
    "shards with due holds": (sweeping.DUE_SHARDS, DUE, "until_us <="),
    "parties of transfers": (crossing.NAMED, "uuid[]", "member = ANY"),
    "transfers on their way": (crossing.COMING, "smallint, bigint", "to_shard ="),
    "what members sent": (crossing.SENT, "uuid[], integer[], bigint[]", "member = new.member"),
    "originals": (members.ORIGINALS, "uuid[], smallint", "act_id = ANY"),
}


@pytest.mark.parametrize("name", LOOK_UPS)
async def test_plans_made_on_empty_tables_use_the_key(database_url: str, name: str) -> None:
    """The keys asked for are an index condition, not a filter, so no look-up grows with the book."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        create_roles(connection)
        connection.execute(f"GRANT ALL ON SCHEMA public TO {OWNER}")
    migrate(database_url)
    query, types, condition = LOOK_UPS[name]
    numbers = iter(range(1, 10))
    named = {"now_us": 1, "months": 2, "since_us": 3, "shard": 4, "most": 5}
    statement = re.sub(r"%\((\w+)\)b", lambda found: f"${named[found[1]]}", query)
    statement = re.sub("%b", lambda _: f"${next(numbers)}", statement)
    nulls = ", ".join("NULL" for _ in types.split(", "))
    async with await connect_writer(database_url, GATEWAY, statement_timeout="10s") as writer:
        await writer.execute(f"PREPARE asked ({types}) AS {statement}".encode())
        plan = await (await writer.execute(f"EXPLAIN EXECUTE asked ({nulls})".encode())).fetchall()
    lines = "\n".join(line for (line,) in plan)
    assert re.search(rf"Index Cond:.*{re.escape(condition)}", lines), lines
    assert "Seq Scan" not in lines, lines
