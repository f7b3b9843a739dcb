"""What the house knows: immutable records, replaced and never changed."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from settlement.house.legs import legs_of

if TYPE_CHECKING:
    from settlement.house.security import Default
    from settlement.house.tariff import Tariff

REQUEST, APPROVER, RECEIPT, LOG = "request", "approver", "receipt", "log"
REGISTERED, ACTIVE, SUSPENDED = "registered", "active", "suspended"
BILATERAL, POOL = "bilateral", "pool"


@dataclass(frozen=True, slots=True)
class Network:
    """The founding facts. `origin` is the network's name, the audience of every request and the name of its log.

    `model`: who pays for a point that is spent: its funder (*bilateral*), or a fund into which every issuer paid (*pool*).
    `practice`: nothing in it is real, and its clock may be set ahead.
    """

    origin: str
    currency: str
    minor_digits: int
    shards: int
    operator: str
    model: str
    practice: bool = False


@dataclass(frozen=True, slots=True)
class Partner:
    """A company in the coalition."""

    partner_id: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Key:
    """A public key; valid for signatures in entries whose house size is above `added_at` and not above `revoked_at`."""

    keyid: str
    algorithm: str
    purpose: str
    owner: str
    person: str | None
    spki: bytes
    added_at: int
    revoked_at: int | None = None
    reason: str | None = None
    suspect_from_us: int | None = None

    def line(self) -> str:
        """The value of the leaf's `key` line."""
        spki = base64.b64encode(self.spki).decode()
        return f"{self.keyid} {self.algorithm} {self.purpose} {self.owner} {self.person or '-'} {spki}"


def parse_key(value: str, *, added_at: int) -> Key:
    """Reads the value of a leaf's `key` line."""
    keyid, algorithm, purpose, owner, person, spki = value.split(" ")
    return Key(
        keyid, algorithm, purpose, owner, None if person == "-" else person, base64.b64decode(spki), added_at
    )


@dataclass(frozen=True, slots=True)
class Cycle:
    """One clearing cycle: all entries with `house` up to and including `closed_at`, after the cycle before.

    `began_us`: when the cycle before was closed, of the first when the network was founded. `funds`: what stood on the accounts
    of securities when it was closed. `last_document`: the number of the newest statement once this cycle's are in the journal.
    """

    number: int
    began_us: int = 0
    label: str | None = None
    closed_at: int | None = None
    settlement: int | None = None
    funds: Mapping[str, int] = field(default_factory=dict, hash=False)
    last_document: int | None = None


@dataclass(frozen=True, slots=True)
class TariffProposal:
    """A tariff that one person proposed, to be in force from `from_us` on; None: as soon as it is approved."""

    proposal_sha256: str
    tariff: "Tariff"
    from_us: int | None
    proposer: str
    proposed_at_us: int
    approved: bool = False

    def has_come(self, now_us: int) -> bool:
        """Whether, once approved, it is in force at this time."""
        return self.from_us is None or self.from_us <= now_us


@dataclass(frozen=True, slots=True)
class Funding:
    """A partner's agreement, by house entry `agreed_at`, to fund a share of what another issues for a campaign of its own."""

    issuer: str
    campaign: str
    funder: str
    share_basis_points: int
    until_us: int
    agreed_at: int

    def is_over(self, now_us: int) -> bool:
        """Whether its time has passed."""
        return self.until_us <= now_us


@dataclass(frozen=True, slots=True)
class Objection:
    """A participant's no to a proposal. `accepted`: None while nobody has answered."""

    participant: str
    words: str
    raised_at_us: int
    accepted: bool | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """The discharge of one cycle's net positions, in minor units: positive pays, negative is paid.

    Before `objections_end_us` participants may object and nobody may approve. `approved_at`, `cancelled_at`, `aborted_at`: house
    entries. `objections`: by participant.
    `tariff`: the one in force at its approval, whose terms say when legs are due. `overdue`: whose legs were said to be.
    `paid_ahead`: who of `paid` had prefunded its leg; `paid_by_line`: whose leg a bank's line paid. `defaults`: those who did not
    pay, by name. `deferred`: whose nets are too small to be paid now; the operator settles them.
    """

    number: int
    cycle: int
    proposal_sha256: str
    proposer: str
    proposed_at_us: int
    nets: dict[str, int]
    objections_end_us: int
    warnings: tuple[str, ...] = ()
    objections: dict[str, Objection] = field(default_factory=dict)
    approved_at: int | None = None
    cancelled_at: int | None = None
    aborted_at: int | None = None
    approved_at_us: int | None = None
    tariff: int = 0
    paid: frozenset[str] = field(default_factory=frozenset)
    overdue: frozenset[str] = field(default_factory=frozenset)
    paid_ahead: frozenset[str] = field(default_factory=frozenset)
    paid_by_line: frozenset[str] = field(default_factory=frozenset)
    defaults: Mapping[str, "Default"] = field(default_factory=dict)
    deferred: tuple[str, ...] = ()
    operator: str = ""

    @property
    def approved(self) -> bool:
        """Approved, and not aborted since."""
        return self.approved_at is not None and self.aborted_at is None

    @property
    def legs(self) -> dict[str, int]:
        """What is to be paid once it is approved: the nets, but of whoever is deferred."""
        return legs_of(self.nets, self.deferred, operator=self.operator)

    @property
    def unpaid(self) -> dict[str, int]:
        """What is still to be paid on each leg, less what it bears of others' defaults; nothing on one that is in default."""
        borne: dict[str, int] = {}
        for each in self.defaults.values():
            for name, amount in each.fall.borne.items():
                borne[name] = borne.get(name, 0) + amount
        left = {name: net + borne.get(name, 0) for name, net in self.legs.items()}
        done = self.paid | self.defaults.keys()
        return {name: amount for name, amount in left.items() if amount and name not in done}

    @property
    def settled(self) -> bool:
        """Approved, and nothing is left to be paid."""
        return self.approved and not self.unpaid


@dataclass(frozen=True, slots=True)
class Opening:
    """Lots that a partner brings along: the file that lists them, by its hash, and what they add up to.

    `rows`: lots. `value`: in minor units. `approved_at`: the house entry that approved it.
    """

    partner: str
    file_sha256: str
    rows: int
    members: int
    points: int
    value: int
    proposed_at_us: int
    approved_at: int | None = None

    @property
    def approved(self) -> bool:
        """Whether its lots may be brought along."""
        return self.approved_at is not None

    @property
    def proposer(self) -> None:
        """Nobody who approves: a partner's request key."""
        return None
