"""What reads about cycles, debts and settlements answer: plain values, states and purposes as lower-case words."""

from dataclasses import dataclass
from datetime import datetime


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
    payment_due: datetime | None
    """From then on whoever has not paid is overdue; None: nobody ever is, or it is not approved."""


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
