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
    """One journal entry; `leaf` is its exact bytes, read by `settlement.journal.leaf.parse_leaf`."""

    shard: int
    entry_number: int
    leaf: bytes


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
class Cycle:
    """A clearing cycle."""

    cycle: int
    state: str
    """"open", "cutting", "closed", "in-settlement" or "settled"."""
    label: str
    closed_at_entry: int | None
    settlement: int | None


@dataclass(frozen=True, slots=True)
class Leg:
    """A participant's part in a settlement, in minor units: positive pays, negative is paid.

    `state`: `due`, `instructed`, `overdue`, `paid`, `reconciled`, `covered`, `allocated`, `borne` or `deferred`; `-` while
    nothing is due. `left_minor`: what is still to be paid.
    """

    participant: str
    net_minor: int
    state: str
    left_minor: int


@dataclass(frozen=True, slots=True)
class Objection:
    """A participant's no to a proposal. `accepted`: None while nobody has answered."""

    participant: str
    words: str
    raised_at: datetime
    accepted: bool | None
    answer: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """A proposal and what became of it. `legs` and `objections` come when it is asked for by its number."""

    settlement: int
    cycle: int
    state: str
    """As "objection-period", "pending-approval", "cancelled", "approved", "instructed", "partially-settled", "settled",
    "aborted".
    """
    proposal_sha256: bytes
    proposer: str
    proposed_at: datetime
    objections_end: datetime
    legs: tuple[Leg, ...]
    objections: tuple[Objection, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Obligation:
    """What one partner owes another in a cycle, in millionths of the currency's unit, from `count` transfers."""

    debtor: str
    creditor: str
    currency: str
    amount_micros: int
    count: int


@dataclass(frozen=True, slots=True)
class FollowedObligations:
    """A partner's obligations of one cycle. `net_micros`: what it owes less what it is owed. `told`: those that changed, or all.

    `closed`: the cycle is closed, and they are its last.
    """

    cycle: int
    currency: str
    net_micros: int
    obligations: tuple[Obligation, ...]
    told: tuple[Obligation, ...]
    closed: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A partner's statement of a closed cycle: exact bytes, the same for ever."""

    json: bytes
    csv: bytes


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
