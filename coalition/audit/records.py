"""Entries as an audit reads them, merged into the order that decides everything.

A house entry with number i moves the house's size to i + 1. A member entry with `house h` was decided under the house entries
below h: it comes after house entry h - 1 and before house entry h. A house entry may rest on all member entries with `house` up
to its own number (a settlement rests on the cuts): it comes after them.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

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


Key: TypeAlias = tuple[int, int, int, int]
Thing = TypeVar("Thing")


def in_order(shards: Mapping[int, Iterable[Record]]) -> Iterator[Read]:
    """All records of all shards, each shard's in its own order. Entries of different shards under the same house: by time."""
    return merged(_keyed(shard, records) for shard, records in shards.items())


def merged(streams: Iterable[Iterator[tuple[Key, Thing]]]) -> Iterator[Thing]:
    """Always the thing with the least key among those that come next; a stream whose keys fall is not put in order."""
    heap = []
    for number, stream in enumerate(streams):
        for key, thing in stream:
            heap.append((key, number, thing, stream))
            break
    heapq.heapify(heap)
    while heap:
        _, number, thing, stream = heapq.heappop(heap)
        yield thing
        # Mostly the same stream goes on: nothing is compared then but its key with the next stream's.
        bound = heap[0][0] if heap else None
        for key, thing in stream:
            if bound is not None and key > bound:
                heapq.heappush(heap, (key, number, thing, stream))
                break
            yield thing


def key_after(last: Key, read: Read) -> Key:
    """Where an entry stands in the order of all; one that cannot be read stands right after the one before it."""
    entry, shard = read.entry, read.record.shard
    if entry is None:
        return last
    return (entry.index, 1, 0, shard) if shard == HOUSE else (entry.house, 0, entry.time_us, shard)


def _keyed(shard: int, records: Iterable[Record]) -> Iterator[tuple[Key, Read]]:
    key: Key = (0, 0, 0, shard)
    for record in records:
        read = read_record(record)
        key = key_after(key, read)
        yield key, read
