"""Pure rules on opening balances: a part of an approved file as one entry, which nobody asks for but the file."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from settlement.clock import format_time
from settlement.house.records import Opening
from settlement.house.state import House
from settlement.journal.acts import ENGINE_LINE, Draft
from settlement.journal.leaf import Transfer, format_post
from settlement.ledger import chart
from settlement.ledger.book import NEVER_US
from settlement.ledger.rules.pricing import money_of_issue
from settlement.money import AMOUNT_MAX, ASSETS, POINTS

PART_LOTS_MAX = 200
"""Lots in a part. In each shard it is one entry, which stays below 65,535 bytes however long its lines."""
_Row = TypeVar("_Row", bound=tuple[Any, ...])


class Grant(NamedTuple):
    """A lot that a member brings along: of points, or of value in minor units."""

    member: str
    points: int
    expires_at_us: int
    asset: str = POINTS


def parts(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Rows as parts, numbered from 0: as many as fit, and one name's rows together, unless they alone are too many.

    `rows`: each with its name first, then its points or its value, in order of names. A part brings AMOUNT_MAX of both together
    at most, so that what is paid for them fits a transfer.
    """
    part: list[_Row] = []
    points = 0
    for _, named in groupby(rows, itemgetter(0)):
        together = [*named]
        if len(part) + len(together) > PART_LOTS_MAX or points + _points(together) > AMOUNT_MAX:
            if part:
                yield part
            part, points = [], 0
        for row in together:
            if len(part) == PART_LOTS_MAX or points + row[1] > AMOUNT_MAX:
                yield part
                part, points = [], 0
            part.append(row)
            points += row[1]
    if part:
        yield part


def _points(rows: Iterable[_Row]) -> int:
    return sum([row[1] for row in rows])


def opening_draft(
    house: House, opening: Opening, part: int, grants: Sequence[Grant], joined: Iterable[str]
) -> Draft:
    """The entry of those lots of a part whose members live in one shard. `joined`: members who are new.

    Lots stand at the places of `grants`, under the tariff in force; what a member has of an asset is posted at once, and so is
    all that the partner pays for the points, then for the value.
    """
    sums: dict[tuple[str, str], int] = {}
    for member, quantity, _, asset in grants:
        sums[member, asset] = sums.get((member, asset), 0) + quantity
    brought = brought_of(grants)
    partner, tariff = opening.partner, house.tariff_number
    issued = chart.issued(partner)
    posts = (
        *[Transfer(issued, chart.wallet(member), asset, sum_) for (member, asset), sum_ in sums.items()],
        *[
            post
            for asset, sum_ in zip(ASSETS, brought, strict=True)
            for post in money_of_issue(house, partner, sum_, tariff, asset)
        ],
    )
    lines = (
        ("subject", partner),
        ("proposal", opening.file_sha256),
        ("part", str(part)),
        *[("joined", member) for member in joined],
        ENGINE_LINE,
        *[("post", format_post(post)) for post in posts],
        *[
            ("lot", f"grant {member} {partner} {asset} {quantity} {_expiry(expires)} {tariff}")
            for member, quantity, expires, asset in grants
        ],
    )
    return Draft("opening", lines, posts)


def brought_of(grants: Sequence[Grant]) -> tuple[int, int]:
    """The points that lots hold together, and the minor units of value."""
    value = sum([grant.points for grant in grants if grant.asset != POINTS])
    return sum([grant.points for grant in grants]) - value, value


@lru_cache(maxsize=10_000)
def _expiry(time_us: int) -> str:
    """Many lots end on the same days."""
    return "never" if time_us == NEVER_US else format_time(time_us)
