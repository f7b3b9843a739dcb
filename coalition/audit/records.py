"""Entries as an audit reads them, merged into the order that decides everything.

A house entry with number i moves the house's size to i + 1. A member entry with `house h` was decided under the house entries
below h: it comes after house entry h - 1 and before house entry h. A house entry may rest on all member entries with `house` up
to its own number (a settlement rests on the cuts): it comes after them.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from settlement.journal.leaf import HOUSE, Entry, LeafError, parse_leaf


@dataclass(frozen=True, slots=True)
class Record:
    """An entry as it is stored: its exact leaf and, unless erased or the engine's own, the payload that was signed."""

    shard: int
    index: int
    leaf: bytes
    payload: bytes | None


@dataclass(frozen=True, slots=True)
class Read:
    """A record and the entry that its leaf spells; `error` says why there is none."""

    record: Record
    entry: Entry | None
    error: str | None = None


def read_record(record: Record) -> Read:
    """Parses the leaf, strictly."""
    try:
        return Read(record, parse_leaf(record.leaf))
    except (LeafError, ValueError) as error:
        return Read(record, None, str(error))


_Key = tuple[int, int, int, int]


def in_order(shards: Mapping[int, Iterable[Record]]) -> Iterator[Read]:
    """All records of all shards, each shard's in its own order. Entries of different shards under the same house: by time."""
    streams = [_keyed(shard, records) for shard, records in shards.items()]
    for _, read in heapq.merge(*streams, key=lambda pair: pair[0]):
        yield read


def _keyed(shard: int, records: Iterable[Record]) -> Iterator[tuple[_Key, Read]]:
    key: _Key = (0, 0, 0, shard)
    for record in records:
        read = read_record(record)
        if read.entry is not None and shard == HOUSE:
            key = (read.entry.index, 1, 0, shard)
        elif read.entry is not None:
            key = (read.entry.house, 0, read.entry.time_us, shard)
        yield key, read
