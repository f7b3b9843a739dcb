"""A database with a clock of its own that can be set: months pass on a real PostgreSQL while a test looks on."""

import psycopg
from psycopg import sql

_OWN_CLOCK = """CREATE SCHEMA own_clock;
    CREATE TABLE own_clock.ahead (by interval NOT NULL);
    INSERT INTO own_clock.ahead VALUES ('0');
    CREATE FUNCTION own_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT pg_catalog.clock_timestamp() + by FROM own_clock.ahead';
    GRANT USAGE ON SCHEMA own_clock TO PUBLIC;
    GRANT SELECT ON own_clock.ahead TO PUBLIC"""


def give_own_clock(dsn: str) -> None:
    """Connections made from now on find this `clock_timestamp` before PostgreSQL's own. Needs a superuser's `dsn`."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_OWN_CLOCK)
        path = sql.SQL("ALTER DATABASE {} SET search_path = own_clock, pg_catalog, public")
        connection.execute(path.format(sql.Identifier(connection.info.dbname)))


def set_own_clock(dsn: str, seconds: int) -> None:
    """So many seconds ahead of the right time."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("UPDATE own_clock.ahead SET by = make_interval(secs => %s)", (seconds,))
