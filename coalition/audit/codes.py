"""Numbers by UUID, found for many at once."""

import numpy as np

from coalition.audit.arrays import UUID_BYTES, Bytes, Numbers, Truths
from coalition.audit.growing import Growing

UNKNOWN = -1


class Codes:
    """UUIDs are looked up by their first halves in a sorted column. Whoever has the half of one that came earlier stands aside:
    whoever chooses UUIDs could choose them so.
    """

    def __init__(self) -> None:
        self._ids, self._values = Growing(np.uint8, UUID_BYTES), Growing(np.int64)
        self._new: dict[bytes, int] = {}
        self._halves, self._rows = np.zeros(0, np.uint64), np.zeros(0, np.int64)
        """In order; and the row of each in the columns."""
        self._aside: dict[bytes, int] = {}

    def add(self, uuid: bytes, value: int) -> None:
        """Notes the value of a UUID that has none yet."""
        self._new[uuid] = value

    def of(self, uuids: Bytes) -> Numbers:
        """The values of some, by their bytes; UNKNOWN for those that have none."""
        self._take_in()
        found = np.full(len(uuids), UNKNOWN)
        if not len(self._halves):
            return found
        at = np.searchsorted(self._halves, _halves_of(uuids))
        rows = self._rows[np.minimum(at, len(self._rows) - 1)]
        same: Truths = (self._ids.values[rows] == uuids).all(axis=1)
        found[same] = self._values.values[rows[same]]
        for place in np.flatnonzero(~same).tolist() if self._aside else ():
            found[place] = self._aside.get(uuids[place].tobytes(), UNKNOWN)
        return found

    def _take_in(self) -> None:
        if not self._new:
            return
        uuids = np.frombuffer(b"".join(self._new), np.uint8).reshape(-1, UUID_BYTES)
        halves, first = np.unique(_halves_of(uuids), return_index=True)
        fresh = ~np.isin(halves, self._halves)
        halves, rows = halves[fresh], len(self._ids) + first[fresh]
        places = np.searchsorted(self._halves, halves)
        self._halves, self._rows = (
            np.insert(self._halves, places, halves),
            np.insert(self._rows, places, rows),
        )
        taken_in = set(first[fresh].tolist())
        self._aside |= {
            uuid: value for row, (uuid, value) in enumerate(self._new.items()) if row not in taken_in
        }
        self._ids.extend(uuids)
        self._values.extend(np.array(list(self._new.values()), np.int64))
        self._new.clear()


def _halves_of(uuids: Bytes) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.ascontiguousarray(uuids).view(np.uint64)[:, 0]
