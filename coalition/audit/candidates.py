"""Entries that may be ordinary: those that have all that ordinary ones have."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coalition.audit.arrays import Texts
from coalition.audit.ordinary_rows import ENROL, ISSUE, REDEEM
from coalition.audit.stored import FIXED, Packed, PackedRow
from settlement.journal.leaf import LEAF_BYTES_MAX

ASSET_TAGS = {ISSUE.encode(): 0x48, REDEEM.encode(): 0x38, ENROL.encode(): 0}
"""By kind of entry that may be ordinary: how the field begins that says which asset is meant; an enrolment has none."""
_FIXED_BYTES = FIXED.itemsize
_PARTNER_BYTES_MAX = 40
"""As `ids.PARTNER_PATTERN` has it."""
_SHORT_BYTES_MAX = 127
"""Of what has its length in one byte; the network's name may be longer."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows, what is `FIXED` of them, their leaves and their payloads, each in the same order."""

    rows: list[PackedRow]
    fixed: npt.NDArray[np.void]
    leaves: Texts
    payloads: Texts


def candidates_of(entries: Packed, audience: str) -> Candidates:
    """Those of some entries. `audience`: the network's name."""
    rows = enumerate(entries.rows if len(audience) <= _SHORT_BYTES_MAX else [])
    at = np.array([place for place, row in rows if row[2] in ASSET_TAGS and _has_all(row)], np.int64)
    fixed = np.frombuffer(b"".join([entries.rows[place][1] or b"" for place in at.tolist()]), FIXED)
    leaves = entries.leaves.some(at)
    fits = np.isin(fixed["index"], entries.with_payload) & (leaves.ends - leaves.starts <= LEAF_BYTES_MAX)
    at, fixed = at[fits], fixed[fits]
    payloads = entries.payloads.some(np.searchsorted(entries.with_payload, fixed["index"]))
    return Candidates(
        [entries.rows[place] for place in at.tolist()], fixed, entries.leaves.some(at), payloads
    )


def _has_all(row: PackedRow) -> bool:
    _, fixed, _, partner, refusal, _ = row
    if fixed is None or partner is None or refusal is not None:
        return False
    return len(fixed) == _FIXED_BYTES and len(partner) <= _PARTNER_BYTES_MAX
