"""The table of lots against those of quiet members, row for row, many at once."""

from collections.abc import Mapping

import numpy as np

from coalition.audit.arrays import UUID_BYTES, Bytes, Numbers, Truths, id_bytes, table_of
from coalition.audit.claims import NOBODY
from coalition.audit.quiet_lots import QuietLots
from coalition.audit.tallied import LotName
from settlement.house.tariff import Tariff
from settlement.ledger.rules.expiry import notice_of

ROWS = """SELECT string_agg(int2send(shard) || int8send(index) || int2send(place) || coalesce(uuid_send(member)
            || int8send(quantity) || int8send(remaining) || int8send(expires_at_us) || int8send(tariff)
            || int8send(coalesce(notice_us, -1)), decode(repeat('00', 56), 'hex')), ''),
        string_agg(CASE WHEN idle_months IS NULL AND pending_until_us IS NULL AND expired = 0 AND asset = 'PTS'
            AND strpos(funder, E'\\n') = 0 THEN funder ELSE ' ' END, E'\\n')
    FROM lots WHERE ctid >= %s::tid AND ctid < %s::tid"""
"""Of some lots what is `_FIXED`, and a line for each: who funded it, if there is nothing else to say than of lots that ordinary
issues made.
"""
_FIXED = np.dtype(
    [("shard", ">i2"), ("index", ">i8"), ("place", ">i2"), ("member", "u1", UUID_BYTES)]
    + [(name, ">i8") for name in ("quantity", "remaining", "expires_us", "tariff", "notice_us")]
)


class StoredLots:
    """Rows of the table."""

    def __init__(self, fixed: bytes | None, funders: bytes | None) -> None:
        self.fixed = np.frombuffer(fixed or b"", _FIXED)
        self.funders = (funders or b"").split(b"\n")[: len(self.fixed)]

    def names(self, places: Numbers) -> list[LotName]:
        """Which lots those at these places are of."""
        columns = [self.fixed[name][places].tolist() for name in ("shard", "index", "place")]
        return list(zip(*columns, strict=True))


class LotRows:
    """The rows that one shard's quiet members must have. `met`: which were there, in the order of their entries."""

    def __init__(self, lots: QuietLots, tariffs: Mapping[int, Tariff]) -> None:
        self._shard, self._index = lots.shard, lots.index
        self._due = _table(_due(lots, tariffs))
        self._places: dict[bytes, int] = {}
        names = [self._places.setdefault(funder.encode(), len(self._places)) for funder in lots.funders]
        self._funder = np.array(names, np.int64)[lots.funder]
        self.met = np.zeros(len(lots.index), np.bool_)

    def meet(self, stored: StoredLots) -> Truths:
        """Which of some rows are due and were not met before."""
        met = np.zeros(len(stored.fixed), np.bool_)
        at = np.searchsorted(self._index, stored.fixed["index"])
        mine = np.flatnonzero((stored.fixed["shard"] == self._shard) & (at < len(self._index)))
        at = at[mine]
        funder = np.array([self._places.get(name, -1) for name in stored.funders], np.int64)[mine]
        same = (_table(stored.fixed)[mine] == self._due[at]).all(axis=1) & (self._funder[at] == funder)
        fresh = np.flatnonzero(same & ~self.met[at])
        found, first = np.unique(at[fresh], return_index=True)
        self.met[found], met[mine[fresh[first]]] = True, True
        return met


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
