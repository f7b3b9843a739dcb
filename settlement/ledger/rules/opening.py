"""Pure rules on opening balances: a part of an approved file as one entry, which nobody asks for but the file."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, TypeVar

from settlement.clock import format_time
from settlement.house.records import Opening
from settlement.journal.acts import ENGINE_LINE, Draft
from settlement.journal.leaf import Transfer, format_post
from settlement.ledger import chart
from settlement.ledger.book import NEVER_US
from settlement.money import POINTS

PART_LOTS_MAX = 200
"""Lots in a part. In each shard it is one entry, which stays below 65,535 bytes however long its lines."""
_Row = TypeVar("_Row", bound=tuple[object, ...])


class Grant(NamedTuple):
    """A lot that a member brings along."""

    member: str
    points: int
    expires_at_us: int


def parts(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Rows as parts, numbered from 0: as many as fit, and one name's rows together, unless they alone are too many.

    `rows`: each with its name first, in order of names.
    """
    part: list[_Row] = []
    for _, named in groupby(rows, itemgetter(0)):
        together = [*named]
        if part and len(part) + len(together) > PART_LOTS_MAX:
            yield part
            part = []
        part += together
        while len(part) > PART_LOTS_MAX:
            yield part[:PART_LOTS_MAX]
            part = part[PART_LOTS_MAX:]
    if part:
        yield part


def opening_draft(
    opening: Opening, part: int, grants: Sequence[Grant], joined: Iterable[str], tariff: int
) -> Draft:
    """The entry of those lots of a part whose members live in one shard. `joined`: members who are new.

    Lots stand at the places of `grants`; a member's points are posted at once. `tariff`: the one in force.
    """
    points: dict[str, int] = {}
    for member, quantity, _ in grants:
        points[member] = points.get(member, 0) + quantity
    issued, partner = chart.issued(opening.partner), opening.partner
    posts = tuple([Transfer(issued, chart.wallet(member), POINTS, sum_) for member, sum_ in points.items()])
    lines = (
        ("subject", partner),
        ("proposal", opening.file_sha256),
        ("part", str(part)),
        *[("joined", member) for member in joined],
        ENGINE_LINE,
        *[("post", format_post(post)) for post in posts],
        *[
            ("lot", f"grant {member} {partner} {POINTS} {quantity} {_expiry(expires)} {tariff}")
            for member, quantity, expires in grants
        ],
    )
    return Draft("opening", lines, posts)


@lru_cache(maxsize=10_000)
def _expiry(time_us: int) -> str:
    """Many lots end on the same days."""
    return "never" if time_us == NEVER_US else format_time(time_us)
