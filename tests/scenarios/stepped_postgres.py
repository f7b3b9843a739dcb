"""Real PostgreSQL on which months pass: its database has a clock of its own that can be set."""

import time

from coalition.simulation.run import START_US
from settlement.clock import SECOND_US
from settlement.house.records import Network
from settlement.house.tariff import Tariff
from tests.simulation.real_postgres import RealPostgres
from tests.support.own_clock import give_own_clock, set_own_clock


class SteppedPostgres(RealPostgres):
    """The engine's statements stay as they are: they find another `clock_timestamp`.

    It begins at the moment at which the simulator's stories begin, or within a second after it: the days are the same.
    """

    def __init__(self, dsn: str, seed: int, network: Network, tariff: Tariff) -> None:
        self._superuser = dsn
        self._ahead_us = 0
        give_own_clock(dsn)
        self.step_clock(((START_US - time.time_ns() // 1_000) // SECOND_US + 1) * SECOND_US)
        super().__init__(dsn, seed, network, tariff)

    def clock_us(self) -> int:
        """This machine's clock, as far ahead as the database's."""
        self.highest_us = max(self.highest_us, super().clock_us() + self._ahead_us)
        return self.highest_us

    def step_clock(self, step_us: int) -> None:
        """Sets the database's clock forward."""
        self._ahead_us += step_us
        if step_us:
            set_own_clock(self._superuser, self._ahead_us // SECOND_US)
