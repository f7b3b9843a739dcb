"""The table of lots against those of quiet members, row for row, many at once."""

from collections.abc import Mapping, Sequence

import numpy as np

from coalition.audit.arrays import UUID_BYTES, Bytes, Truths, id_bytes, table_of
from coalition.audit.claims import NOBODY
from coalition.audit.quiet_lots import QuietLots
from coalition.audit.tallied import LotName
from settlement.house.tariff import Tariff
from settlement.ledger.rules.expiry import notice_of

LINES = """SELECT int2send(shard) || int8send(index) || int2send(place) || uuid_send(member) || int8send(quantity)
        || int8send(remaining) || int8send(expires_at_us) || int8send(tariff) || int8send(coalesce(notice_us, -1))
        || CASE WHEN idle_months IS NULL AND pending_until_us IS NULL AND expired = 0 AND asset = 'PTS'
            THEN convert_to(funder, 'UTF8') ELSE ' ' END
    FROM lots"""
"""Of each lot all there is to say of one that an ordinary issue made: what is `_FIXED`, then who funded it."""
_FIXED = np.dtype(
    [("shard", ">i2"), ("index", ">i8"), ("place", ">i2"), ("member", "u1", UUID_BYTES)]
    + [(name, ">i8") for name in ("quantity", "remaining", "expires_us", "tariff", "notice_us")]
)


class LotRows:
    """The rows of one shard's quiet members. `met`: which were there, in the order of their entries."""

    def __init__(self, lots: QuietLots, tariffs: Mapping[int, Tariff]) -> None:
        self._shard, self._index = lots.shard, lots.index
        self._due = _table(_due(lots, tariffs))
        self._places: dict[bytes, int] = {}
        names = [self._places.setdefault(funder.encode(), len(self._places)) for funder in lots.funders]
        self._funder = np.array(names, np.int64)[lots.funder]
        self.met = np.zeros(len(lots.index), np.bool_)

    def meet(self, lines: Sequence[bytes]) -> Truths:
        """Which of some lines are rows that are due and were not met before."""
        fixed = _fixed(lines)
        met = np.zeros(len(lines), np.bool_)
        at = np.searchsorted(self._index, fixed["index"])
        mine = np.flatnonzero((fixed["shard"] == self._shard) & (at < len(self._index)))
        at = at[mine]
        funder = [self._places.get(lines[place][_FIXED.itemsize :], -1) for place in mine.tolist()]
        same = (_table(fixed)[mine] == self._due[at]).all(axis=1) & (self._funder[at] == funder)
        fresh = np.flatnonzero(same & ~self.met[at])
        found, first = np.unique(at[fresh], return_index=True)
        self.met[found], met[mine[fresh[first]]] = True, True
        return met


def names_of(lines: Sequence[bytes]) -> list[LotName]:
    """Which lots some lines are of."""
    fixed = _fixed(lines)
    columns = [fixed[name].tolist() for name in ("shard", "index", "place")]
    return list(zip(*columns, strict=True))


def _fixed(lines: Sequence[bytes]) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    return np.frombuffer(b"".join([line[: _FIXED.itemsize] for line in lines]), _FIXED)


def _table(rows: np.ndarray[tuple[int], np.dtype[np.void]]) -> Bytes:
    return rows.view(np.uint8).reshape(len(rows), _FIXED.itemsize)


def _due(lots: QuietLots, tariffs: Mapping[int, Tariff]) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    rows = np.zeros(len(lots.index), _FIXED)
    rows["shard"], rows["index"], rows["quantity"] = lots.shard, lots.index, lots.quantity
    rows["remaining"], rows["expires_us"], rows["tariff"] = lots.remaining, lots.expires_us, lots.tariff
    ids = table_of([id_bytes(member or NOBODY) for member in lots.members], UUID_BYTES)
    rows["member"], rows["notice_us"] = ids[lots.member], _notices(lots, tariffs)
    return rows


def _notices(lots: QuietLots, tariffs: Mapping[int, Tariff]) -> list[int] | int:
    """When the funder of each lot is to be told of its expiry; -1: never."""
    if not any(each.notice_days for each in tariffs.values()):
        return -1
    facts = zip(lots.expires_us.tolist(), lots.tariff.tolist(), lots.time_us.tolist(), strict=True)
    due = [
        notice_of(expires_us, tariffs[tariff].notice_days, made_us) for expires_us, tariff, made_us in facts
    ]
    return [-1 if each is None else each for each in due]
