"""PostgreSQL: connections, migrations, and the roles that processes speak as.

Every process logs in as one least-privilege role, which `SET ROLE` makes sure of. The roles of running processes
hold no right to UPDATE, DELETE or TRUNCATE entries, transfers, acts or payloads. `coalition_owner` owns the tables and is stopped
by triggers, but for deleting payloads; who may change the schema can drop a trigger, and that shows in the journal's tree.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from settlement.errors import UnavailableError

OWNER, GATEWAY, WORKER, READER = (
    "coalition_owner",
    "coalition_gateway",
    "coalition_worker",
    "coalition_reader",
)
ROLES = (OWNER, GATEWAY, WORKER, READER)

_APPEND_ONLY = (
    "entries",
    "transfers",
    "payloads",
    "acts",
    "members",
    "aliases",
    "reversals",
    "holds",
    "transits",
    "openings",
    "payment_files",
)
_GRANTS = (
    f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {GATEWAY}, {WORKER}, {READER}",
    f"GRANT INSERT ON {', '.join(_APPEND_ONLY)} TO {GATEWAY}",
    f"GRANT INSERT, UPDATE ON obligations TO {GATEWAY}, {WORKER}",
    f"GRANT INSERT, UPDATE ON balances TO {GATEWAY}, {WORKER}",
    f"GRANT INSERT, UPDATE (remaining, pending_until_us, expired, notice_us) ON lots TO {GATEWAY}, {WORKER}",
    f"GRANT UPDATE (active_at_us, idle_months) ON members TO {GATEWAY}, {WORKER}",
    f"GRANT INSERT, UPDATE (remaining) ON arrears TO {GATEWAY}, {WORKER}",
    f"GRANT UPDATE (sent_day, sent_points) ON members TO {GATEWAY}",
    f"GRANT UPDATE (arrived_by) ON transits TO {WORKER}",
    f"GRANT INSERT, UPDATE (public) ON proofs TO {GATEWAY}",
    f"GRANT UPDATE (closed_by) ON holds TO {GATEWAY}, {WORKER}",
    f"GRANT UPDATE ON shards TO {GATEWAY}, {WORKER}",
    f"GRANT INSERT ON concerns TO {GATEWAY}, {WORKER}",
    f"GRANT INSERT ON entries, transfers, accrued, checkpoints TO {WORKER}",
)


class DatabaseError(UnavailableError):
    """The database cannot be used as it is; the message says how to cure it."""

    def __init__(self, message: str) -> None:
        super().__init__("DATABASE_UNUSABLE", message)


def connect(dsn: str, role: str, *, autocommit: bool = True) -> psycopg.Connection:
    """A blocking connection that speaks as `role`. DatabaseError if the server or the role is not there."""
    try:
        connection = psycopg.connect(dsn, autocommit=True)
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        connection.autocommit = autocommit
    except psycopg.Error as error:
        raise _unusable(error) from error
    return connection


@contextmanager
def reading(dsn: str) -> Iterator[psycopg.Connection]:
    """The books as `coalition_reader` sees them, as they stand at one moment however long the reading takes."""
    with connect(dsn, READER, autocommit=False) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


async def connect_async(dsn: str, role: str) -> psycopg.AsyncConnection:
    """An asyncio connection in autocommit mode that speaks as `role`. DatabaseError as for `connect`."""
    try:
        connection = await psycopg.AsyncConnection.connect(dsn)
        async with _closed_unless_ready(connection):
            await speak_as(connection, role)
    except psycopg.Error as error:
        raise _unusable(error) from error
    return connection


async def speak_as(connection: psycopg.AsyncConnection, role: str) -> None:
    """Sets a fresh connection to autocommit and to the role."""
    await connection.set_autocommit(True)
    await connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))


_WRITER_SETTINGS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    # What a plan costs is the rows it touches; a further descent of an index costs next to nothing.
    "cpu_tuple_cost": "1",
    "cpu_index_tuple_cost": "1",
    "random_page_cost": "0.01",
    "seq_page_cost": "0.01",
    "cpu_operator_cost": "0.0001",
}


async def connect_writer(dsn: str, role: str, *, statement_timeout: str) -> psycopg.AsyncConnection:
    """A connection for posting batches: all its statements look rows up by key.

    Their plans are made once, perhaps on empty tables, and kept: so plans that suit only small tables must not be chosen.
    """
    connection = await connect_async(dsn, role)
    async with _closed_unless_ready(connection):
        for setting, value in {**_WRITER_SETTINGS, "statement_timeout": statement_timeout}.items():
            await connection.execute(
                sql.SQL("SET {} = {}").format(sql.Identifier(setting), sql.Literal(value))
            )
    return connection


@asynccontextmanager
async def _closed_unless_ready(connection: psycopg.AsyncConnection) -> AsyncIterator[None]:
    """Closes a connection that fails before it is ready, or whose caller goes away meanwhile."""
    try:
        yield
    except BaseException:
        await connection.close()
        raise


def _unusable(error: psycopg.Error) -> DatabaseError:
    return DatabaseError(
        f"cannot use the database: {str(error).strip()}; is it running, and did `coalition db init` run?"
    )


def create_roles(connection: psycopg.Connection) -> list[str]:
    """Makes the roles that are missing and names them; able to log in once they are given a password. Needs CREATEROLE."""
    made = []
    for role in ROLES:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOINHERIT").format(sql.Identifier(role)))
            made.append(role)
    return made


def set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Gives a role its password, hashed on this side so that the server's log never sees it."""
    encrypted = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(encrypted))
    connection.execute(statement)


def migrate(dsn: str) -> None:
    """Brings the schema to the newest revision and grants each role what it needs. Idempotent; runs as the owner."""
    # Imported here, as they take a second that only a migration should cost.
    import sqlalchemy
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(dsn, OWNER, autocommit=False),
        poolclass=sqlalchemy.NullPool,
    )
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
    with connect(dsn, OWNER) as granting:
        for grant in _GRANTS:
            granting.execute(grant)
