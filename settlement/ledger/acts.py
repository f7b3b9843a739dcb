"""What can be asked about members and their points."""

from dataclasses import dataclass
from typing import NamedTuple


class MemberName(NamedTuple):
    """How an act names its member: by id, or by the token of an alias."""

    member: str | None = None
    alias: bytes | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """Create points for a member, issued and funded by the caller."""

    name: MemberName
    amount: int
    occurred_at_us: int


@dataclass(frozen=True, slots=True)
class Redeem:
    """Spend a member's points at the caller."""

    name: MemberName
    amount: int
    occurred_at_us: int


@dataclass(frozen=True, slots=True)
class Reverse:
    """Undo an earlier issue or redemption of the caller. `amount`: how many of its points; 0: all that are left."""

    original_act_id: str
    occurred_at_us: int
    amount: int = 0


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
