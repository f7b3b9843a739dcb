"""Real PostgreSQL on which months pass: its database has a clock of its own that can be set forward."""

from coalition.simulation.run import START_US
from settlement.clock import SECOND_US, from_us, to_us
from settlement.house.records import Network
from settlement.house.tariff import Tariff
from tests.simulation.real_postgres import RealPostgres
from tests.support.own_clock import give_own_clock, set_own_clock


class SteppedPostgres(RealPostgres):
    """The engine's statements stay as they are: they find another `clock_timestamp`.

    It begins on the day of the year on which the simulator's stories begin: months and years end after as many days.
    """

    def __init__(self, dsn: str, seed: int, network: Network, tariff: Tariff) -> None:
        super().__init__(dsn, seed, network, tariff)
        self._ahead_us = 0
        self._superuser = dsn
        give_own_clock(dsn)
        self.step_clock(_until_the_day_of_the_start(self.clock_us()))

    def clock_us(self) -> int:
        """This machine's clock, as far ahead as the database's."""
        self.highest_us = max(self.highest_us, super().clock_us() + self._ahead_us)
        return self.highest_us

    def step_clock(self, step_us: int) -> None:
        """Sets the database's clock forward."""
        self._ahead_us += step_us
        if step_us:
            set_own_clock(self._superuser, self._ahead_us // SECOND_US)


def _until_the_day_of_the_start(now_us: int) -> int:
    """How long it is until this day comes next, in whole seconds."""
    now, start = from_us(now_us), from_us(START_US)
    this_year = to_us(start.replace(year=now.year))
    next_one = this_year if this_year > now_us else to_us(start.replace(year=now.year + 1))
    return (next_one - now_us) // SECOND_US * SECOND_US
