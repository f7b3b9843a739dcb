"""Points that may still be spent, by who funds them and by age, in points and in money, as of a moment; and the same of value.

What is in open lots, in open holds and on its way to another shard. The tables hold that as of now; what entries since the moment
did to lots is undone by their leaves: it costs the open lots and the later entries.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import TupleRow

from settlement.house.records import POOL
from settlement.house.state import House
from settlement.ledger.rules.expiry import months_after
from settlement.reporting.later import arrived_since, left_since
from settlement.reporting.moment import Moment, house_then
from settlement.reporting.origins import MAKING, LotKey, issued_at

AGES = ("0-3", "3-6", "6-12", "12-24", "24+")
"""Months since points were issued; each from its first month on, up to the next."""
_BOUNDS_MONTHS = (3, 6, 12, 24)

_LEFT = r"""WITH parts AS (
        SELECT shard, index, place, remaining AS points FROM lots WHERE remaining > 0
        UNION ALL SELECT h.shard, lot[1]::bigint, lot[2]::smallint, lot[3]::bigint
            FROM holds h JOIN entries e USING (shard, index),
            regexp_matches(e.leaf, E'\nlot take \\d+:(\\d+)\\.(\\d+) (\\d+)', 'g') AS lot WHERE h.closed_by IS NULL
        UNION ALL SELECT * FROM unnest(%(left)s::smallint[], %(entries)s::bigint[], %(places)s::smallint[], %(points)s::bigint[])
    ), lefts AS (SELECT shard, index, place, sum(points) AS points FROM parts GROUP BY 1, 2, 3 HAVING sum(points) <> 0)
    SELECT l.funder, l.asset, l.tariff, CASE WHEN made THEN width_bucket(-e.recorded_at_us, %(bounds)s::bigint[]) END,
        CASE WHEN NOT made THEN ARRAY[l.shard, l.index, l.place] END, sum(lefts.points)
    FROM lefts JOIN unnest(%(shards)s::smallint[], %(sizes)s::bigint[]) AS seen (shard, size) USING (shard)
    JOIN lots l USING (shard, index, place) JOIN entries e USING (shard, index)
    CROSS JOIN LATERAL (SELECT e.kind = ANY(%(making)s)) AS of_kind (made)
    WHERE l.index < seen.size GROUP BY 1, 2, 3, 4, 5"""

# Transfers that have not arrived now, and those that have arrived since.
_ON_THE_WAY = r"""WITH sent AS (
        SELECT shard, index FROM transits WHERE arrived_by IS NULL
        UNION SELECT * FROM unnest(%(from)s::smallint[], %(arrived)s::bigint[]))
    SELECT lot[1], lot[2], lot[4]::bigint, NULL, ARRAY[e.shard, e.index, nth - 1], lot[3]::bigint
    FROM sent JOIN unnest(%(shards)s::smallint[], %(sizes)s::bigint[]) AS seen (shard, size) USING (shard)
    JOIN entries e USING (shard, index),
    regexp_matches(e.leaf, E'\nlot send (\\S+) (\\S+) (\\d+) \\S+ (\\d+)', 'g') WITH ORDINALITY AS line (lot, nth)
    WHERE e.index < seen.size"""


@dataclass(frozen=True, slots=True)
class LiabilityLine:
    """What a funder's points of one age are: points, or minor units of value, and money in micros."""

    funder: str
    asset: str
    age: str
    points: int
    money_micros: int


_Part = tuple[str, str, int, int | None, LotKey | None, int]
"""Funder, asset, tariff, age or the lot whose age is to be traced, points."""


def liability(connection: Connection[TupleRow], moment: Moment) -> list[LiabilityLine]:
    """Each funder's points and value by age, in order.

    A point is worth what it was priced at when it was issued, in a pool, for that lies in the fund; else what a redeemer is paid
    for it by the tariff of the moment. A unit of value is worth its face.
    """
    house = house_then(connection, moment)
    bounds = [months_after(moment.at_us, -months) for months in _BOUNDS_MONTHS]
    parts = list(_parts(connection, moment, bounds))
    times = issued_at(connection, {lot for *_, lot, _ in parts if lot is not None})
    sums: dict[tuple[str, str, int], list[int]] = {}
    for funder, asset, tariff, age, lot, points in parts:
        if lot is not None:
            age = sum([times[lot] <= bound for bound in bounds])
        assert age is not None
        line = sums.setdefault((asset, funder, age), [0, 0])
        line[0] += points
        line[1] += points * _worth_micros(house, tariff, asset)
    return [
        LiabilityLine(funder, asset, AGES[age], *both) for (asset, funder, age), both in sorted(sums.items())
    ]


def _parts(connection: Connection[TupleRow], moment: Moment, bounds: list[int]) -> Iterator[_Part]:
    shards, sizes = moment.columns()
    moved, arrived = list(left_since(connection, moment)), arrived_since(connection, moment)
    facts = {"shards": shards, "sizes": sizes, "making": [*MAKING], "bounds": [-bound for bound in bounds]}
    for name, place in (("left", 0), ("entries", 1), ("places", 2), ("points", 3)):
        facts[name] = [row[place] for row in moved]
    facts["from"], facts["arrived"] = [shard for shard, _ in arrived], [index for _, index in arrived]
    for query in (_LEFT, _ON_THE_WAY):
        for funder, asset, tariff, age, lot, points in connection.execute(query, facts):
            yield funder, asset, tariff, age, None if lot is None else LotKey(*lot), int(points)


def _worth_micros(house: House, tariff: int, asset: str) -> int:
    if house.founded.model == POOL:
        return house.terms(tariff, asset).price_micros
    return house.terms(house.tariff_number, asset).rate_micros
