"""What can be asked of the house about partners, keys, co-funded campaigns and the tariff."""

from dataclasses import dataclass

from settlement.house.tariff import Tariff


@dataclass(frozen=True, slots=True)
class Register:
    """Take a company into the network; it cannot act before it is activated."""

    partner_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Activate:
    """Let a registered or suspended partner act."""

    partner_id: str


@dataclass(frozen=True, slots=True)
class Suspend:
    """Refuse a partner's acts from the next entry on."""

    partner_id: str


@dataclass(frozen=True, slots=True)
class AddKey:
    """Add a public key whose possession the door has verified."""

    owner: str
    keyid: str
    algorithm: str
    purpose: str
    person: str | None
    spki: bytes


@dataclass(frozen=True, slots=True)
class RevokeKey:
    """End a key."""

    keyid: str
    reason: str
    suspect_from_us: int | None


@dataclass(frozen=True, slots=True)
class ProposeTariff:
    """Put a tariff in force once another person has approved it, and not before `from_us`.

    The hash names the exact bytes that two people agree on.
    """

    tariff: Tariff
    from_us: int | None
    proposal_sha256: str


@dataclass(frozen=True, slots=True)
class ApproveTariff:
    """Another person's yes to a proposed tariff."""

    proposal_sha256: str


@dataclass(frozen=True, slots=True)
class AgreeToFund:
    """Fund a share of the points that another partner issues for a campaign, until that time."""

    issuer: str
    campaign: str
    share_basis_points: int
    until_us: int


@dataclass(frozen=True, slots=True)
class EndFunding:
    """Fund no more of what is issued for a campaign from now on."""

    issuer: str
    campaign: str


@dataclass(frozen=True, slots=True)
class ProposeOpening:
    """Fund the lots of a prepared file, of which these are the control totals: lots, members, points, minor units of value."""

    file_sha256: str
    rows: int
    members: int
    points: int
    value: int = 0


@dataclass(frozen=True, slots=True)
class ApproveOpening:
    """Say yes to a partner's newest proposal of a file."""

    partner_id: str
    file_sha256: str
