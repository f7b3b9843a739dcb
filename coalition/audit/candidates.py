"""Entries that may be ordinary: those that have all that ordinary ones have, and the hash of their leaf."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coalition.audit.arrays import Numbers, Texts, table_of
from coalition.audit.asked import SignedBy
from coalition.audit.ordinary_rows import ENROL, ISSUE, REDEEM
from coalition.audit.stored import FIXED, Packed
from settlement.journal.leaf import LEAF_BYTES_MAX
from settlement.transparency.merkle import HASH_BYTES

ASSET_TAGS = {ISSUE.encode(): 0x48, REDEEM.encode(): 0x38, ENROL.encode(): 0}
"""By kind of entry that may be ordinary: how the field begins that says which asset is meant; an enrolment has none."""
_NOTHING = b"\xff" * FIXED.itemsize
"""Numbers below zero, which no entry has."""
_PARTNER_BYTES_MAX = 40
"""As `ids.PARTNER_PATTERN` has it."""
_SHORT_BYTES_MAX = 127
"""Of what has its length in one byte; the network's name may be longer."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What is `FIXED` of them, their leaves and their payloads, in one order. `asker`: who asks, a place among `askers`."""

    fixed: npt.NDArray[np.void]
    asker: Numbers
    askers: list[SignedBy]
    leaves: Texts
    payloads: Texts


def candidates_of(entries: Packed, audience: str) -> Candidates:
    """Those of some entries. `audience`: the network's name."""
    known: dict[bytes | None, int] = {}
    asker = np.array([known.setdefault(row[2], len(known)) for row in entries.rows], np.int64)
    askers = [_asker(each) if len(audience) <= _SHORT_BYTES_MAX else None for each in known]
    fixed = np.frombuffer(b"".join([row[1] or _NOTHING for row in entries.rows]), FIXED)
    sizes = entries.leaves.ends - entries.leaves.starts
    asks = np.array([each is not None for each in askers], np.bool_)[asker]
    fits = np.isin(fixed["index"], entries.with_payload) & (fixed["index"] >= 0) & (sizes <= LEAF_BYTES_MAX)
    fits &= (fixed["leaf_hash"] == table_of(entries.leaf_hashes, HASH_BYTES)).all(axis=1)
    at = np.flatnonzero(asks & fits)
    payloads = entries.payloads.some(np.searchsorted(entries.with_payload, fixed["index"][at]))
    ask, asker = np.unique(asker[at], return_inverse=True)
    named = [each for place in ask.tolist() if (each := askers[place]) is not None]
    return Candidates(fixed[at], asker, named, entries.leaves.some(at), payloads)


def _asker(named: bytes | None) -> SignedBy | None:
    kind, _, partner = (named or b"").partition(b" ")
    return (kind, partner) if kind in ASSET_TAGS and len(partner) <= _PARTNER_BYTES_MAX else None
