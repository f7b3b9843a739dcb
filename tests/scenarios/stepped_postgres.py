"""Real PostgreSQL on which months pass: its database has a clock of its own that can be set forward."""

import psycopg
from psycopg import sql

from settlement.clock import SECOND_US
from settlement.house.records import Network
from settlement.house.tariff import Tariff
from tests.simulation.real_postgres import RealPostgres

_OWN_CLOCK = """CREATE SCHEMA own_clock;
    CREATE TABLE own_clock.ahead (by interval NOT NULL);
    INSERT INTO own_clock.ahead VALUES ('0');
    CREATE FUNCTION own_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT pg_catalog.clock_timestamp() + by FROM own_clock.ahead';
    GRANT USAGE ON SCHEMA own_clock TO PUBLIC;
    GRANT SELECT ON own_clock.ahead TO PUBLIC"""


class SteppedPostgres(RealPostgres):
    """The engine's statements stay as they are: they find this `clock_timestamp` before PostgreSQL's own."""

    def __init__(self, dsn: str, seed: int, network: Network, tariff: Tariff) -> None:
        super().__init__(dsn, seed, network, tariff)
        self._ahead_us = 0
        self._superuser = dsn
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(_OWN_CLOCK)
            path = sql.SQL("ALTER DATABASE {} SET search_path = own_clock, pg_catalog, public")
            connection.execute(path.format(sql.Identifier(connection.info.dbname)))

    def clock_us(self) -> int:
        """This machine's clock, as far ahead as the database's."""
        self.highest_us = max(self.highest_us, super().clock_us() + self._ahead_us)
        return self.highest_us

    def step_clock(self, step_us: int) -> None:
        """Sets the database's clock forward."""
        self._ahead_us += step_us
        if step_us:
            with psycopg.connect(self._superuser, autocommit=True) as connection:
                ahead = f"{self._ahead_us // SECOND_US} seconds"
                connection.execute("UPDATE own_clock.ahead SET by = %s::interval", (ahead,))
