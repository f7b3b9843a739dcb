"""What exports as text have in common: the books that are read, their commodities and their first and last days."""

from dataclasses import dataclass
from datetime import date, timedelta

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.clock import from_us
from settlement.house.records import Network
from settlement.journal.leaf import HOUSE
from settlement.money import POINTS, VALUE

_FOUNDED_AT = "SELECT recorded_at_us FROM entries WHERE shard = %s AND index = 0"
COMMODITIES = {POINTS: "points", VALUE: "value, money stored for members"}


@dataclass(frozen=True, slots=True)
class Books:
    """The network's books at one moment."""

    connection: Connection[TupleRow]
    network: Network


def commodities(network: Network) -> list[str]:
    """All assets of the books."""
    return [*COMMODITIES, network.currency]


def first_day(connection: Connection[TupleRow]) -> str:
    """The day on which the network was founded."""
    row = connection.execute(_FOUNDED_AT, (HOUSE,)).fetchone()
    assert row is not None
    return from_us(row[0]).date().isoformat()


def after(day: str) -> str:
    """The day after; of no day at all, the first there is."""
    return (date.fromisoformat(day or "1970-01-01") + timedelta(days=1)).isoformat()
