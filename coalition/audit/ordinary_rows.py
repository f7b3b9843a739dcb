"""Ordinary issues and redemptions in columns, as they go from those who examine them to the one who knows the history."""

from collections.abc import Container
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from coalition.audit.arrays import Bytes, Numbers, Truths

Signer: TypeAlias = tuple[str, str, str]
"""Kind of entry, partner, keyid."""
ISSUE, REDEEM, ENROL = "issue", "redeem", "enrol"
Take: TypeAlias = tuple[int, int]
"""The entry that made a lot, and how many points are taken out of it."""


@dataclass(frozen=True, slots=True)
class Redemptions:
    """What leaves of redemptions say beside who, when and how much. `row`: the place of each among the rows; `money`: its lines.

    A row of the other columns is a lot from which points are taken, in the order of the leaf: `redemption`, its place here;
    `lot`, the entry that made the lot; `points`.
    """

    row: Numbers
    money: list[str]
    redemption: Numbers
    lot: Numbers
    points: Numbers

    def by_row(self) -> dict[int, tuple[tuple[Take, ...], str]]:
        """The lots taken from and the lines of money, by place among the rows."""
        takes = list(zip(self.lot.tolist(), self.points.tolist(), strict=True))
        stops = np.searchsorted(self.redemption, np.arange(len(self.row) + 1)).tolist()
        facts = zip(self.row.tolist(), pairwise(stops), self.money, strict=True)
        return {row: (tuple(takes[start:stop]), money) for row, (start, stop), money in facts}

    def part(self, start: int, stop: int) -> "Redemptions":
        """Those of the rows from place `start` up to and without `stop`."""
        first, last = np.searchsorted(self.row, (start, stop)).tolist()
        begin, end = np.searchsorted(self.redemption, (first, last)).tolist()
        taken = self.redemption[begin:end] - first, self.lot[begin:end], self.points[begin:end]
        return Redemptions(self.row[first:last] - start, self.money[first:last], *taken)

    def kept(self, rows: Truths) -> "Redemptions":
        """Those of the rows that are kept."""
        mine = rows[self.row]
        money = [money for money, keeps in zip(self.money, mine.tolist(), strict=True) if keeps]
        taken, numbers, places = mine[self.redemption], mine.cumsum() - 1, rows.cumsum() - 1
        columns = numbers[self.redemption[taken]], self.lot[taken], self.points[taken]
        return Redemptions(places[self.row[mine]], money, *columns)


@dataclass(frozen=True, slots=True)
class OrdinaryRows:
    """Entries of one shard in the order of their numbers; a row of each column belongs to one of them.

    `signer`: places among `signers`; `house`: sizes; `tariff`: the house entry of the one in force there; `expires_us`: of the
    lot that an issue makes. `member`, `act_id`, `leaf_hash`, `payload_sha256`: a row of bytes each. `aliases`: by entry number,
    where the payload names the member so.
    """

    signers: list[Signer]
    signer: Numbers
    index: Numbers
    house: Numbers
    time_us: Numbers
    tariff: Numbers
    amount: Numbers
    balance_after: Numbers
    expires_us: Numbers
    member: Bytes
    act_id: Bytes
    leaf_hash: Bytes
    payload_sha256: Bytes
    aliases: dict[int, bytes]
    redemptions: Redemptions

    def __len__(self) -> int:
        return len(self.index)

    def part(self, start: int, stop: int) -> "OrdinaryRows":
        """The rows from place `start` up to and without `stop`."""
        if (start, stop) == (0, len(self)):
            return self
        numbers = range(int(self.index[start]), int(self.index[stop - 1]) + 1) if stop > start else range(0)
        aliases = {index: alias for index, alias in self.aliases.items() if index in numbers}
        cut = replace(self, aliases=aliases, redemptions=self.redemptions.part(start, stop))
        return replace(cut, **{name: getattr(self, name)[start:stop] for name in _COLUMNS})

    def without(self, numbers: Container[int]) -> "OrdinaryRows":
        """All but the entries of these numbers."""
        kept = np.array([index not in numbers for index in self.index.tolist()], np.bool_)
        aliases = {index: alias for index, alias in self.aliases.items() if index not in numbers}
        columns = {name: getattr(self, name)[kept] for name in _COLUMNS}
        return replace(self, aliases=aliases, redemptions=self.redemptions.kept(kept), **columns)


_COLUMNS = [
    each.name for each in fields(OrdinaryRows) if each.name not in ("signers", "aliases", "redemptions")
]


@dataclass(slots=True)  # frozen ones take eight times as long to make
class Enrolment:
    """An ordinary enrolment. `aliases`: by which the member is known from then on."""

    signer: Signer
    index: int
    house: int
    time_us: int
    member: str
    aliases: tuple[bytes, ...]
    act_id: str
    leaf_hash: bytes
    payload_sha256: bytes
