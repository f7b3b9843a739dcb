"""Each role may write what its process needs and nothing else, and nobody's slip changes what was written.

Every role logs in by itself, as its process does.
"""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from settlement.database import GATEWAY, OWNER, READER, ROLES, WORKER
from tests.support.postgres import drop_database, new_books, role_passwords

WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
ALLOWED = {
    #                 gateway             worker
    "accrued": (set(), {"INSERT"}),
    "acts": ({"INSERT"}, set()),
    "alembic_version": (set(), set()),
    "aliases": ({"INSERT"}, set()),
    "arrears": ({"INSERT", "UPDATE remaining"}, {"INSERT", "UPDATE remaining"}),
    "balances": ({"INSERT", "UPDATE"}, {"INSERT", "UPDATE"}),
    "checkpoints": (set(), {"INSERT"}),
    "concerns": ({"INSERT"}, {"INSERT"}),
    "entries": ({"INSERT"}, {"INSERT"}),
    "holds": ({"INSERT", "UPDATE closed_by"}, {"UPDATE closed_by"}),
    "lots": (
        {
            "INSERT",
            *(f"UPDATE {column}" for column in ("remaining", "pending_until_us", "expired", "notice_us")),
        },
        {
            "INSERT",
            *(f"UPDATE {column}" for column in ("remaining", "pending_until_us", "expired", "notice_us")),
        },
    ),
    "members": (
        {"INSERT", "UPDATE active_at_us", "UPDATE idle_months", "UPDATE sent_day", "UPDATE sent_points"},
        {"UPDATE active_at_us", "UPDATE idle_months"},
    ),
    "obligations": ({"INSERT", "UPDATE"}, {"INSERT", "UPDATE"}),
    "payloads": ({"INSERT"}, set()),
    "payment_files": ({"INSERT"}, set()),
    "proofs": ({"INSERT", "UPDATE public"}, set()),
    "reversals": ({"INSERT"}, set()),
    "openings": ({"INSERT"}, set()),
    "shards": ({"UPDATE"}, {"UPDATE"}),
    "transfers": ({"INSERT"}, {"INSERT"}),
    "transits": ({"INSERT"}, {"UPDATE arrived_by"}),
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
    """A connection that only looks."""
    with psycopg.connect(books) as connection:
        yield connection


@pytest.fixture
def login(books: str, role: str) -> Iterator[psycopg.Connection]:
    """A connection that the role made itself, with its own password."""
    with psycopg.connect(as_role(books, role), autocommit=True) as connection:
        assert connection.execute("SELECT session_user, current_user").fetchone() == (role, role)
        yield connection


def as_role(dsn: str, role: str) -> str:
    """A connection string by which the role logs in."""
    return make_conninfo(dsn, user=role, password="", passfile=str(role_passwords()))


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
    login: psycopg.Connection, role: str, table: str, change: str
) -> None:
    statement = CHANGES[change].format(sql.Identifier(table))
    if (role, table, change) == (OWNER, "payloads", "DELETE"):
        login.execute(statement)  # a member's data can be erased
        return
    refusal, words = (
        (errors.RaiseException, f"the books only grow: {change} of {table} is refused")
        if role == OWNER
        else (errors.InsufficientPrivilege, "permission denied")
    )
    with pytest.raises(refusal, match=words):
        login.execute(statement)


@pytest.mark.parametrize("role", [OWNER, WORKER])
def test_a_hold_is_closed_once(login: psycopg.Connection, superuser: psycopg.Connection, role: str) -> None:
    with psycopg.connect(as_role(superuser.info.dsn, GATEWAY), autocommit=True) as gateway:
        gateway.execute(
            "INSERT INTO holds VALUES (1, 7, gen_random_uuid(), 'acme', 5, 1, 1) ON CONFLICT DO NOTHING"
        )
        gateway.execute("UPDATE holds SET closed_by = 8 WHERE closed_by IS NULL")
    for change in ("NULL", "8", "9"):
        with pytest.raises(errors.RaiseException, match="hold 1:7 is closed by entry 8 already"):
            login.execute(f"UPDATE holds SET closed_by = {change}".encode())


@pytest.mark.parametrize("role", [OWNER, WORKER])
def test_a_transfer_arrives_once(login: psycopg.Connection, superuser: psycopg.Connection, role: str) -> None:
    with psycopg.connect(as_role(superuser.info.dsn, GATEWAY), autocommit=True) as gateway:
        sent = "INSERT INTO transits VALUES (1, 7, 2, gen_random_uuid()) ON CONFLICT DO NOTHING"
        gateway.execute(sent)
    with psycopg.connect(as_role(superuser.info.dsn, WORKER), autocommit=True) as worker:
        worker.execute("UPDATE transits SET arrived_by = 8 WHERE arrived_by IS NULL")
    for change in ("NULL", "8", "9"):
        with pytest.raises(errors.RaiseException, match="transfer 1:7 arrived by entry 8 already"):
            login.execute(f"UPDATE transits SET arrived_by = {change}".encode())


@pytest.mark.parametrize("role", [GATEWAY, WORKER, READER])
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (number int)",
        "CREATE SCHEMA more",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "DROP TABLE entries",
        "ALTER TABLE entries ADD COLUMN more int",
        "ALTER TABLE entries DISABLE TRIGGER only_grows",
        "CREATE TRIGGER more BEFORE INSERT ON entries EXECUTE FUNCTION refuse_change()",
        "CREATE INDEX ON entries (kind)",
        "DROP DATABASE template1",
    ],
)
def test_no_process_changes_the_schema(login: psycopg.Connection, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        login.execute(statement)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT rolpassword FROM pg_authid",
        "SELECT passwd FROM pg_shadow",
        "SELECT * FROM pg_hba_file_rules",
        "SELECT pg_read_file('{file}')",
        "SELECT pg_read_binary_file('{file}')",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT pg_ls_dir('.')",
        "SELECT lo_import('{file}')",
        "SELECT lo_export(1, '{file}')",
        "COPY payloads FROM '{file}'",
        "COPY entries TO '{file}'",
        "COPY payloads FROM PROGRAM 'cat {file}'",
        "COPY entries TO PROGRAM 'cat'",
        "CREATE EXTENSION file_fdw",
        "CREATE FUNCTION pg_temp.more() RETURNS int LANGUAGE c AS '{file}'",
    ],
)
def test_no_role_reaches_a_file_a_program_or_a_password(login: psycopg.Connection, statement: str) -> None:
    with pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)):
        login.execute(statement.format(file=role_passwords()))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE {other}",
        "SET SESSION AUTHORIZATION {other}",
        "GRANT {other} TO {role}",
        "ALTER ROLE {other} PASSWORD 'x'",
        "ALTER ROLE {role} SUPERUSER",
        "ALTER ROLE {role} CREATEROLE",
        "CREATE ROLE more",
        "SET ROLE {superuser}",
        "SET session_replication_role = replica",
        "ALTER SYSTEM SET fsync = off",
        "SELECT pg_reload_conf()",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{superuser}'",
    ],
)
def test_no_role_becomes_another(login: psycopg.Connection, books: str, role: str, statement: str) -> None:
    superuser = conninfo_to_dict(books)["user"]
    for other in set(ROLES) - {role}:
        with pytest.raises(errors.InsufficientPrivilege):
            login.execute(statement.format(role=role, other=other, superuser=superuser).encode())


@pytest.mark.parametrize("role", ROLES)
def test_no_role_sees_what_another_asks(login: psycopg.Connection, books: str) -> None:
    with psycopg.connect(books) as other:
        other.execute("SELECT 'what a superuser asked'")
        told = login.execute(
            "SELECT query FROM pg_stat_activity WHERE pid = %s", (other.info.backend_pid,)
        ).fetchone()
    assert told == ("<insufficient privilege>",)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("password", ["", "guessed"])
def test_a_role_without_its_password_is_turned_away(books: str, role: str, password: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(make_conninfo(books, user=role, password=password, passfile="/dev/null"))
