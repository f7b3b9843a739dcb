"""Each role may write what its process needs and nothing else, and nobody's slip changes what was written."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors, sql

from settlement.database import GATEWAY, OWNER, READER, ROLES, WORKER
from tests.support.postgres import drop_database
from tests.support.small_network import new_books

WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
ALLOWED = {
    #                 gateway             worker
    "acts": ({"INSERT"}, set()),
    "alembic_version": (set(), set()),
    "aliases": ({"INSERT"}, set()),
    "balances": ({"INSERT", "UPDATE"}, set()),
    "checkpoints": (set(), {"INSERT"}),
    "entries": ({"INSERT"}, {"INSERT"}),
    "lots": ({"INSERT", "UPDATE remaining"}, set()),
    "members": ({"INSERT"}, set()),
    "obligations": ({"INSERT", "UPDATE"}, set()),
    "payloads": ({"INSERT"}, set()),
    "reversals": ({"INSERT"}, set()),
    "shards": ({"UPDATE"}, {"UPDATE"}),
    "transfers": ({"INSERT"}, set()),
}
"""What gateway and worker may write in each table; the reader may write nothing."""

CHANGES = {
    "UPDATE": sql.SQL("UPDATE {} SET index = index"),
    "DELETE": sql.SQL("DELETE FROM {}"),
    "TRUNCATE": sql.SQL("TRUNCATE {}"),
}
WRITTEN_ONCE = ("entries", "transfers", "acts", "payloads")


@pytest.fixture(scope="module")
def books() -> Iterator[str]:
    """Empty books with all roles."""
    dsn = new_books()
    yield dsn
    drop_database(dsn)


@pytest.fixture
def superuser(books: str) -> Iterator[psycopg.Connection]:
    """A connection whose changes are taken back."""
    with psycopg.connect(books) as connection:
        yield connection
        connection.rollback()


def rights(connection: psycopg.Connection, role: str, table: str) -> set[str]:
    """What the role may write in the table; a right to one column alone is told with its name."""
    held = {
        right
        for right in WRITES
        if connection.execute("SELECT has_table_privilege(%s, %s, %s)", (role, table, right)).fetchone()
        == (True,)
    }
    columns = connection.execute(
        "SELECT privilege_type, column_name FROM information_schema.column_privileges"
        " WHERE grantee = %s AND table_name = %s AND privilege_type <> 'SELECT'",
        (role, table),
    ).fetchall()
    return held | {f"{right} {column}" for right, column in columns if right not in held}


def test_every_role_may_write_what_is_listed_and_no_more(superuser: psycopg.Connection) -> None:
    rows = superuser.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    found = {
        (table, role): rights(superuser, role, table)
        for (table,) in rows
        for role in (GATEWAY, WORKER, READER)
    }
    listed = {
        (table, role): allowed
        for table, by_role in ALLOWED.items()
        for role, allowed in zip((GATEWAY, WORKER, READER), (*by_role, set()), strict=True)
    }
    assert found == listed


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("table", WRITTEN_ONCE)
@pytest.mark.parametrize("role", ROLES)
def test_what_was_written_is_not_changed(
    superuser: psycopg.Connection, role: str, table: str, change: str
) -> None:
    superuser.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    statement = CHANGES[change].format(sql.Identifier(table))
    if (role, table, change) == (OWNER, "payloads", "DELETE"):
        superuser.execute(statement)  # a member's data can be erased
        return
    refusal, words = (
        (errors.RaiseException, f"the books only grow: {change} of {table} is refused")
        if role == OWNER
        else (errors.InsufficientPrivilege, "permission denied")
    )
    with pytest.raises(refusal, match=words):
        superuser.execute(statement)


@pytest.mark.parametrize("role", [GATEWAY, WORKER, READER])
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (number int)",
        "DROP TABLE entries",
        "ALTER TABLE entries DISABLE TRIGGER only_grows",
        "SET session_replication_role = replica",
    ],
)
def test_no_process_changes_the_schema(superuser: psycopg.Connection, role: str, statement: str) -> None:
    superuser.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    with pytest.raises(errors.InsufficientPrivilege):
        superuser.execute(statement)
