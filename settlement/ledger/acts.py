"""What can be asked about members, their points and their value."""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from settlement.money import POINTS

ON_EVENT_US = 2**62
"""In the place of a time: not before somebody says so."""
CODE = "code"
"""The name of a member's chain of codes among its proofs; a device's is its keyid."""


class MemberName(NamedTuple):
    """How an act names its member: by id, or by the token of an alias."""

    member: str | None = None
    alias: bytes | None = None


class Code(NamedTuple):
    """A one-time code that a member shows: 16 bytes."""

    code: bytes


class DeviceSignature(NamedTuple):
    """The signature of a member's device. `keyid`: of its key, lower-case hex."""

    keyid: str
    signature: bytes


Consent: TypeAlias = Code | DeviceSignature
"""What a member shows as its own yes."""


@dataclass(frozen=True, slots=True)
class Issue:
    """Create points for a member, issued and funded by the caller, and by the funders of its campaign if one is named.

    `pending_until_us`: when they become spendable, ON_EVENT_US: when the caller releases them; None: at once. `asset`: of which
    the amount is, in this and other acts.
    """

    name: MemberName
    amount: int
    occurred_at_us: int
    pending_until_us: int | None = None
    campaign: str | None = None
    asset: str = POINTS


@dataclass(frozen=True, slots=True)
class Redeem:
    """Spend a member's points at the caller. `proof`: what the member shows as its own yes."""

    name: MemberName
    amount: int
    occurred_at_us: int
    proof: Consent | None = None
    asset: str = POINTS


@dataclass(frozen=True, slots=True)
class TransferPoints:
    """Move points of one member to another, who may live in another shard."""

    name: MemberName
    recipient: MemberName
    amount: int
    occurred_at_us: int
    asset: str = POINTS


@dataclass(frozen=True, slots=True)
class Reverse:
    """Undo an earlier issue or redemption of the caller. `amount`: how much of it; 0: all that is left, of whatever asset."""

    original_act_id: str
    occurred_at_us: int
    amount: int = 0
    asset: str = POINTS


@dataclass(frozen=True, slots=True)
class Authorize:
    """Hold a member's points for the caller. `hold_minutes`: how long at most; 0: as long as the tariff lets."""

    name: MemberName
    amount: int
    occurred_at_us: int
    hold_minutes: int
    proof: Consent | None = None
    asset: str = POINTS


@dataclass(frozen=True, slots=True)
class Capture:
    """Spend points that the caller holds; the rest of the hold is free again."""

    hold_act_id: str
    amount: int
    occurred_at_us: int
    asset: str = POINTS


@dataclass(frozen=True, slots=True)
class Void:
    """Give a hold of the caller up."""

    hold_act_id: str
    occurred_at_us: int


@dataclass(frozen=True, slots=True)
class Release:
    """Make the points of an issue of the caller spendable that are pending."""

    original_act_id: str
    occurred_at_us: int


@dataclass(frozen=True, slots=True)
class Enrol:
    """Make a new member. The engine has drawn its id; it counts only if the act is accepted."""

    member: str
    aliases: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class LinkAlias:
    """Give a member one more alias."""

    member: str
    alias: bytes


@dataclass(frozen=True, slots=True)
class AddMemberProof:
    """Let a member be known by one more proof. `name`: a device's keyid, or CODE; `public`: its key as DER, or the anchor.

    `proof`: one that the member has already, which it shows as its yes to this.
    """

    member: str
    name: str
    public: bytes
    proof: Consent | None = None


@dataclass(frozen=True, slots=True)
class RemoveMemberProof:
    """End a proof of a member, by its name."""

    member: str
    name: str
    proof: Consent | None = None


OF_AN_ASSET = Issue | Redeem | TransferPoints | Authorize | Capture | Reverse
"""Acts with an amount, and so with the asset that it is of."""

ON_MEMBERS = (
    *(Issue, Redeem, TransferPoints, Authorize, Capture, Void, Reverse, Release),
    *(Enrol, LinkAlias, AddMemberProof, RemoveMemberProof),
)
"""All acts of this room: each touches the one shard in which its member lives; of a transfer the sender's."""
