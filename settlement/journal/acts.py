"""What a signed request asks for, once the door has admitted it."""

import base64
from dataclasses import dataclass
from typing import Generic, TypeVar

from settlement.journal.leaf import Transfer
from settlement.money import POINTS

Body = TypeVar("Body", covariant=True)


@dataclass(frozen=True, slots=True)
class Act(Generic[Body]):
    """The smallest thing that a partner asks for: one act becomes one entry. The body says what is asked."""

    partner: str
    act_id: str
    keyid: str
    signature: bytes
    payload_type: str
    payload: bytes
    payload_sha256: bytes
    issued_at_us: int
    expires_at_us: int
    body: Body

    def request_lines(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """The leaf's `request` and `sig` lines."""
        signature = base64.b64encode(self.signature).decode()
        return ("request", f"{self.payload_type} {self.payload_sha256.hex()}"), (
            "sig",
            f"{self.keyid} {signature}",
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an act: the facts of its entry. The same for every replay. `asset`: what the balance is of."""

    act_id: str
    payload_sha256: bytes
    shard: int
    index: int
    leaf_hash: bytes
    recorded_at_us: int
    refusal: str | None
    member: str | None
    balance_after: int | None
    asset: str = POINTS


ENGINE_LINE = ("request", "none")
"""The `request` line of the engine's own entries."""


@dataclass(slots=True)
class Draft:
    """An entry that is decided and not yet numbered. `concerns`: partners that an entry of the engine is about.

    `asset`: what the balance is of. `cycle`: in which its transfers make participants owe each other; None: the shard's own.
    `files`: kind and bytes of what the entry names by hash and the books keep.
    """

    kind: str
    lines: tuple[tuple[str, str], ...]
    transfers: tuple[Transfer, ...] = ()
    act: Act[object] | None = None
    member: str | None = None
    refusal: str | None = None
    balance_after: int | None = None
    concerns: tuple[str, ...] = ()
    asset: str = POINTS
    cycle: int | None = None
    files: tuple[tuple[str, bytes], ...] = ()
