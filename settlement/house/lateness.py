"""Late acts: their partner says that they occurred before the cycle began into which they fall. Pure."""

from bisect import bisect_left

from settlement.clock import format_time
from settlement.house.state import House

_OCCURRED, _HOUSE = "\noccurred ", "\nhouse "
_TIME_LETTERS = len("2026-11-21T17:00:00.000007Z")


class Lateness:
    """Tells of any entry whether it is late, by its leaf and the cycles of a house."""

    def __init__(self, house: House) -> None:
        cycles = [house.cycles[number] for number in sorted(house.cycles)]
        self._closes = [cycle.closed_at for cycle in cycles if cycle.closed_at is not None]
        self._begins_us = [cycle.began_us for cycle in cycles]

    def is_late(self, leaf: str) -> bool:
        """Whether the act of a leaf is late; what is no act of a till, or says no time, is not."""
        occurred = leaf.partition(_OCCURRED)[2][:_TIME_LETTERS]
        if not occurred:
            return False
        house = int(leaf.partition(_HOUSE)[2].partition("\n")[0])
        return occurred < format_time(self._begins_us[bisect_left(self._closes, house)])
