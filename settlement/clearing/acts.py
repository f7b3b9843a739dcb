"""What finance asks of the house about cycles and settlements."""

from dataclasses import dataclass

from settlement.clearing.netting import Figures


@dataclass(frozen=True, slots=True)
class CloseCycle:
    """End the open cycle; naming its number makes closing twice by mistake a refusal."""

    cycle: int
    label: str | None


@dataclass(frozen=True, slots=True)
class Propose:
    """Settle a closed cycle by these figures, with these warnings; the hash names the exact bytes that two people sign.

    `deferred`: whose nets are too small to be paid now.
    """

    cycle: int
    currency: str
    figures: Figures
    proposal_sha256: str
    warnings: tuple[str, ...] = ()
    deferred: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Approve:
    """Another person's yes to a proposal."""

    proposal_sha256: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """A leg is paid: the amount seen, in minor units, always positive."""

    settlement: int
    participant: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Object:
    """A participant's no to a proposal, in words."""

    settlement: int
    words: str


@dataclass(frozen=True, slots=True)
class AnswerObjection:
    """A person's answer to a participant's objection: an accepted one ends the proposal."""

    settlement: int
    participant: str
    accepted: bool
    words: str


@dataclass(frozen=True, slots=True)
class CancelSettlement:
    """Take a proposal back before anybody approves it."""

    settlement: int


@dataclass(frozen=True, slots=True)
class AbortSettlement:
    """Undo an approval while no leg is paid: the cycle may be settled anew."""

    settlement: int
