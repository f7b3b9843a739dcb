"""Stretches: entries of one shard that are taken together, as nothing happens between them that ordinary ones rest on.

Ordinary acts rest on their members' wallets, and on what is in force in the house. So other entries may stand among them, if they
concern nobody but members who are named: these members' acts are taken one by one, all others at once.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import TypeAlias, TypeVar

import numpy as np

from coalition.audit.arrays import Numbers, Truths, rows_of
from coalition.audit.ordinary_acts import OrdinaryAct, acts_of
from coalition.audit.ordinary_rows import Enrolment, OrdinaryRows, Signer
from coalition.audit.records import Key, Read, key_after
from coalition.audit.stored import Columns

FEW = 24
"""Of fewer entries arrays cost more than they save."""
OF_ONE_MEMBER = frozenset({"issue", "release", "redeem", "authorize", "capture", "void", "reverse"})
"""Kinds of entries that concern nobody but the member that they name, if they name one."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that was verified: by this key, and why it is not genuine, if it is not."""

    spki: bytes
    fault: str | None


@dataclass(frozen=True, slots=True)
class Odd:
    """An entry that goes the long way, as it is read; `signed` if its signature could be verified by what it says itself."""

    read: Read
    columns: Columns
    signed: Signed | None

    @property
    def index(self) -> int:
        """The entry's number."""
        return self.columns.index

    def of_member(self) -> str | None:
        """The one member that it concerns; None if there may be others, or if its row is not as its leaf says."""
        entry, columns = self.read.entry, self.columns
        if entry is None or entry.kind not in OF_ONE_MEMBER:
            return None
        same = (entry.shard, entry.index, entry.house, entry.time_us) == (
            self.read.record.shard,
            columns.index,
            columns.house,
            columns.recorded_at_us,
        )
        return entry.get("member") if same else None


@dataclass(frozen=True, slots=True)
class InOrder:
    """A stretch's ordinary entries in order: a row of each belongs to one of them."""

    index: list[int]
    house: list[int]
    time_us: list[int]
    leaf_hash: list[bytes]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Entries whose numbers go on one by one and whose times rise: ordinary acts, ordinary enrolments, and others.

    `index`, `time_us`: of the first; `house`: of the first and the last.
    """

    index: int
    time_us: int
    house: tuple[int, int]
    rows: OrdinaryRows
    enrolments: list[Enrolment]
    odd: list[Odd]

    def __len__(self) -> int:
        return len(self.rows) + len(self.enrolments) + len(self.odd)

    def signers(self) -> set[Signer]:
        """Whoever signed an ordinary entry."""
        places = np.unique(self.rows.signer).tolist()
        return {*[self.rows.signers[place] for place in places], *[each.signer for each in self.enrolments]}

    def ordinary(self) -> InOrder:
        """The ordinary entries."""
        rows, enrolments = self.rows, self.enrolments
        columns = [rows.index.tolist(), rows.house.tolist(), rows.time_us.tolist(), rows_of(rows.leaf_hash)]
        if not enrolments:
            return InOrder(*columns)
        for column, name in zip(columns, ("index", "house", "time_us", "leaf_hash"), strict=True):
            column += map(attrgetter(name), enrolments)
        order = sorted(range(len(columns[0])), key=columns[0].__getitem__)
        return InOrder(*[[column[place] for place in order] for column in columns])

    def each(self) -> list[Odd | int]:
        """Every entry in order, the ordinary ones by their numbers."""
        odd = {each.index: each for each in self.odd}
        return [odd.get(index, index) for index in sorted([*self.ordinary().index, *odd])]


@dataclass(frozen=True, slots=True)
class Single:
    """An ordinary act that is taken by itself. `alias`: by which the payload names the member, if it does."""

    act: OrdinaryAct
    house: int
    alias: bytes | None
    leaf_hash: bytes
    payload_sha256: bytes

    @property
    def index(self) -> int:
        """The entry's number."""
        return self.act.index

    @property
    def time_us(self) -> int:
        """When it was recorded."""
        return self.act.time_us

    @property
    def signer(self) -> Signer:
        """Who signed it."""
        return self.act.signer

    @property
    def act_id(self) -> str:
        """The act's id."""
        return self.act.act_id


Item: TypeAlias = Stretch | Single | Enrolment | Odd
Thing = TypeVar("Thing", Enrolment, Odd)


def stretches_of(
    rows: OrdinaryRows, enrolments: list[Enrolment], odd: list[Odd], moves: Numbers
) -> Iterator[Item]:
    """A range's entries in order. `moves`: numbers of the house's entries that change what is in force."""
    facts = [(each.index, each.house, each.time_us) for each in enrolments]
    facts += [(each.index, each.columns.house, each.columns.recorded_at_us) for each in odd]
    others = np.array(facts, np.int64).reshape(-1, 3).T
    columns = zip((rows.index, rows.house, rows.time_us), others, strict=True)
    index, house, time_us = [np.concatenate(pair) for pair in columns]
    joins = np.ones(len(index), np.bool_)
    joins[len(joins) - len(odd) :] = [each.of_member() is not None for each in odd]
    order = np.argsort(index)
    goes_on = _goes_on(index[order], house[order], time_us[order], np.searchsorted(moves, house[order]))
    goes_on &= joins[order][:-1] & joins[order][1:]
    stops = [*(np.flatnonzero(~goes_on) + 1).tolist(), len(index)] if len(index) else []
    for start, stop in pairwise([0, *stops]):
        ends = order[[start, stop - 1]]
        first, last = index[ends].tolist()
        others_here = _between(odd, first, last)
        if not joins[ends[0]]:
            yield from others_here
            continue
        begin, end = np.searchsorted(rows.index, (first, last + 1)).tolist()
        parts = rows.part(begin, end), _between(enrolments, first, last), others_here
        if stop - start < FEW:
            yield from singles_of(*parts)
            continue
        houses = house[ends].tolist()
        yield Stretch(first, int(time_us[ends[0]]), (houses[0], houses[1]), *parts)


def singles_of(rows: OrdinaryRows, enrolments: list[Enrolment], odd: list[Odd]) -> Iterator[Item]:
    """A range's entries in order, each by itself."""
    facts = (rows.house.tolist(), rows_of(rows.leaf_hash), rows_of(rows.payload_sha256))
    acts = acts_of(rows, range(len(rows)))
    items: list[Single | Enrolment | Odd] = [
        Single(act, house, rows.aliases.get(act.index), leaf_hash, payload_sha256)
        for act, house, leaf_hash, payload_sha256 in zip(acts, *facts, strict=True)
    ]
    yield from sorted([*items, *enrolments, *odd], key=attrgetter("index"))


def _goes_on(index: Numbers, house: Numbers, time_us: Numbers, in_force: Numbers) -> Truths:
    rises = (np.diff(index) == 1) & (np.diff(time_us) > 0) & (np.diff(house) >= 0)
    goes_on: Truths = rises & (np.diff(in_force) == 0)
    return goes_on


def _between(things: Sequence[Thing], first: int, last: int) -> list[Thing]:
    """Those numbered from `first` to `last`; they stand in order."""
    start = bisect_left(things, first, key=attrgetter("index"))
    return list(things[start : bisect_right(things, last, key=attrgetter("index"))])


def key_of(last: Key, shard: int, item: Item) -> Key:
    """Where it stands in the order of all; a stretch where its first entry does, as no other shard's decide about the others."""
    if isinstance(item, Odd):
        return key_after(last, item.read)
    if isinstance(item, Stretch):
        return item.house[0], 0, item.time_us, shard
    return item.house, 0, item.time_us, shard
