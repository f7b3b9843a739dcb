"""Real PostgreSQL on which months pass: its database has a clock of its own that can be set forward."""

from settlement.clock import SECOND_US
from settlement.house.records import Network
from tests.simulation.real_postgres import RealPostgres
from tests.support.own_clock import give_own_clock, set_own_clock


class SteppedPostgres(RealPostgres):
    """The engine's statements stay as they are: they find another `clock_timestamp`."""

    def __init__(self, dsn: str, seed: int, network: Network, rate_micros: int) -> None:
        super().__init__(dsn, seed, network, rate_micros)
        self._ahead_us = 0
        self._superuser = dsn
        give_own_clock(dsn)

    def clock_us(self) -> int:
        """This machine's clock, as far ahead as the database's."""
        self.highest_us = max(self.highest_us, super().clock_us() + self._ahead_us)
        return self.highest_us

    def step_clock(self, step_us: int) -> None:
        """Sets the database's clock forward."""
        self._ahead_us += step_us
        if step_us:
            set_own_clock(self._superuser, self._ahead_us // SECOND_US)
