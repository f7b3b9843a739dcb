"""Real PostgreSQL on which months pass: its database has a clock of its own that can be set forward."""

import psycopg
from psycopg import sql

from coalition.simulation.run import START_US
from settlement.clock import SECOND_US, from_us, to_us
from settlement.house.records import Network
from tests.simulation.real_postgres import RealPostgres

_OWN_CLOCK = """CREATE SCHEMA own_clock;
    CREATE TABLE own_clock.ahead (by interval NOT NULL);
    INSERT INTO own_clock.ahead VALUES ('0');
    CREATE FUNCTION own_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT pg_catalog.clock_timestamp() + by FROM own_clock.ahead';
    GRANT USAGE ON SCHEMA own_clock TO PUBLIC;
    GRANT SELECT ON own_clock.ahead TO PUBLIC"""


class SteppedPostgres(RealPostgres):
    """The engine's statements stay as they are: they find this `clock_timestamp` before PostgreSQL's own.

    It begins on the day of the year on which the simulator's stories begin: months and years end after as many days.
    """

    def __init__(self, dsn: str, seed: int, network: Network, rate_micros: int) -> None:
        super().__init__(dsn, seed, network, rate_micros)
        self._ahead_us = 0
        self._superuser = dsn
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(_OWN_CLOCK)
            path = sql.SQL("ALTER DATABASE {} SET search_path = own_clock, pg_catalog, public")
            connection.execute(path.format(sql.Identifier(connection.info.dbname)))
        self.step_clock(_until_the_day_of_the_start(self.clock_us()))

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


def _until_the_day_of_the_start(now_us: int) -> int:
    """How long it is until this day comes next, in whole seconds."""
    now, start = from_us(now_us), from_us(START_US)
    this_year = to_us(start.replace(year=now.year))
    next_one = this_year if this_year > now_us else to_us(start.replace(year=now.year + 1))
    return (next_one - now_us) // SECOND_US * SECOND_US
