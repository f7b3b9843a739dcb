"""What reads answer: plain values, states and purposes as lower-case words."""

from dataclasses import dataclass
from datetime import datetime

from settlement.house.tariff import Tariff


@dataclass(frozen=True, slots=True)
class Balance:
    """A member's spendable points, those that partners hold, those that are not spendable yet, and those that it owes partners,
    which later credits repay first; and the same of its value, in minor units of the network's currency.
    """

    member_id: str
    points: int
    held: int = 0
    pending: int = 0
    arrears: int = 0
    value: int = 0
    value_held: int = 0
    value_pending: int = 0
    value_arrears: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """Where a member's wallet is."""

    member_id: str
    shard: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal entry; `leaf` is its exact bytes, read by `settlement.journal.leaf.parse_leaf`.

    `late`: its act says that it occurred before the cycle began into which it falls.
    """

    shard: int
    entry_number: int
    leaf: bytes
    late: bool


@dataclass(frozen=True, slots=True)
class FollowedEntry(Entry):
    """An entry of a stream; `resume_token` lets another stream go on after it."""

    resume_token: str


@dataclass(frozen=True, slots=True)
class Key:
    """A public key of a partner; `revoked_at_entry` is None while it lives. Numbers are house entries."""

    keyid: str
    algorithm: str
    """"ed25519" or "ecdsa-p256-sha256"."""
    purpose: str
    """"request", "approver", "receipt" or "log"."""
    person: str | None
    added_at_entry: int
    revoked_at_entry: int | None


@dataclass(frozen=True, slots=True)
class Partner:
    """A company of the network."""

    partner_id: str
    display_name: str
    state: str
    """"registered", "active" or "suspended"."""
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class ProposedTariff:
    """Terms, and when they come into force; None: once they are approved."""

    tariff: Tariff
    effective_from: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingTariff:
    """A proposal that another person may still approve; `proposal` is its exact bytes, to be hashed by whoever does."""

    proposal: bytes
    proposed: ProposedTariff
    proposer: str
    proposed_at: datetime


@dataclass(frozen=True, slots=True)
class Tariffs:
    """The tariff in force since a house entry, the one that is approved and still to come, and those not approved yet.

    `now`: the network's time; a practice network's may be ahead of the right one.
    """

    in_force: Tariff
    in_force_entry: int
    coming: ProposedTariff | None
    waiting: tuple[WaitingTariff, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Funding:
    """One partner's agreement, since a house entry, to fund a share of the points that another issues for a campaign."""

    issuer: str
    campaign: str
    funder: str
    share_basis_points: int
    valid_until: datetime
    agreed_at_entry: int


@dataclass(frozen=True, slots=True)
class HeldSecurity:
    """What a participant has deposited of one kind, in minor units; only the operator's capital falls below zero."""

    participant: str
    security: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Securities:
    """All that is deposited as far as the caller may see, and by participant the most it is to pay for a cycle."""

    currency: str
    held: tuple[HeldSecurity, ...]
    caps: dict[str, int]


@dataclass(frozen=True, slots=True)
class Position:
    """What the caller owes, in millionths of the currency's unit; negative: is owed."""

    currency: str
    position_micros: int


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """From an entry to a checkpoint: entry in its shard's tree, its root in a heads entry, that entry in the house's tree.

    For an entry of the house, `shard_proof` and `heads_leaf` are empty and `house_entry_number` is its own.
    """

    checkpoint: str
    shard_proof: tuple[bytes, ...]
    shard_size: int
    heads_leaf: bytes
    house_entry_number: int
    house_proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the tree of `checkpoint` continues an older one."""

    checkpoint: str
    proof: tuple[bytes, ...]
