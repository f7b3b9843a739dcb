"""What stands behind participants that do not pay: deposits, net debit caps and defaults. Immutable; money in minor units."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from settlement.journal.leaf import Entry
from settlement.money import micros_per_minor

if TYPE_CHECKING:
    from settlement.house.state import House

SECURITIES = (COLLATERAL, GUARANTEE, PREFUND, CAPITAL) = ("collateral", "guarantee", "prefund", "capital")
"""A participant's own pledge; its share of the fund of all; what it has paid in ahead; what the operator stakes for defaults."""
NO_CAP = "none"


@dataclass(frozen=True, slots=True)
class Waterfall:
    """A leg that is not paid, and what each step bears of it; together exactly the leg.

    `borne`: survivors by name, none of nothing. `shortfall`: what no survivor's unpaid leg can bear.
    """

    unpaid: int
    collateral: int
    guarantee: int
    capital: int
    borne: Mapping[str, int]
    shortfall: int

    @property
    def outcome(self) -> str:
        """What becomes of the leg: `covered`, or `allocated` if survivors bear some of it."""
        return "allocated" if self.borne else "covered"

    @property
    def operators(self) -> int:
        """What the operator bears, and the defaulter comes to owe it."""
        return self.capital + self.shortfall

    def lines(self) -> tuple[tuple[str, str], ...]:
        """How a leaf states it."""
        steps = ("unpaid", COLLATERAL, GUARANTEE, CAPITAL, "shortfall")
        covers = [("cover", f"{step} {getattr(self, step)}") for step in steps]
        return (*covers, *[("bear", f"{name} {amount}") for name, amount in self.borne.items()])


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Money that one person proposed to pay back out of a security."""

    proposal_sha256: str
    participant: str
    security: str
    amount_minor: int
    proposer: str
    proposed_at_us: int
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Default:
    """A participant that did not pay its leg of a settlement, as one person proposed. `approved_at`: by which house entry."""

    proposal_sha256: str
    settlement: int
    participant: str
    fall: Waterfall
    proposer: str
    proposed_at_us: int
    approved_at: int | None = None

    @property
    def approved(self) -> bool:
        """Whether the waterfall is poured."""
        return self.approved_at is not None


@dataclass(frozen=True, slots=True)
class Security:
    """`funds`: what stands on each account; `caps`: the most that a participant is to pay for a cycle.

    `named`: by participant the cap that a key of the operator has named, and by which; one of the other kind is still to do so.
    `withdrawals`, `defaults`: by the proposal's hash, the newest of each.
    """

    funds: Mapping[str, int] = field(default_factory=dict)
    caps: Mapping[str, int] = field(default_factory=dict)
    named: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    withdrawals: Mapping[str, Withdrawal] = field(default_factory=dict)
    defaults: Mapping[str, Default] = field(default_factory=dict)

    def of(self, security: str, participant: str) -> int:
        """What stands there. The operator's capital alone falls below zero: it is then what the operator has still to pay in."""
        return self.funds.get(account_of(security, participant), 0)

    def cap_of(self, participant: str) -> str:
        """A participant's cap as a leaf spells it."""
        return str(self.caps.get(participant, NO_CAP))


def account_of(security: str, participant: str) -> str:
    """The account of a security; the operator has one capital."""
    return CAPITAL if security == CAPITAL else f"{security}:{participant}"


def note_funds(house: "House", entry: Entry) -> None:
    """What stands on each account after an entry's postings, whatever its kind."""
    funds = house.security.funds
    changed: dict[str, int] = {}
    for post in entry.transfers():
        unit = micros_per_minor(house.founded.minor_digits)
        for account, micros in ((post.debit, -post.amount), (post.credit, post.amount)):
            if account.partition(":")[0] in SECURITIES:
                changed[account] = changed.get(account, funds.get(account, 0)) + micros // unit
    if changed:
        house.security = replace(house.security, funds={**funds, **changed})


def _set_cap(house: "House", entry: Entry) -> None:
    """A cap counts once a living request key and a living approver's key of the operator have both named it."""
    subject, cap, keyid = entry.one("subject"), entry.one("cap"), entry.one("sig").split(" ")[0]
    known, named = house.security, dict(house.security.named)
    earlier = house.namer_of_cap(subject, cap)
    if earlier is None or earlier.purpose == house.keys[keyid].purpose:
        named[subject] = (cap, keyid)
        house.security = replace(known, named=named)
        return
    named.pop(subject)
    caps = {name: most for name, most in known.caps.items() if name != subject}
    if cap != NO_CAP:
        caps[subject] = int(cap)
    house.security = replace(known, caps=caps, named=named)


def _withdraw_propose(house: "House", entry: Entry) -> None:
    sha256, micros = entry.one("proposal"), int(entry.one("amount").split(" ")[1])
    found = Withdrawal(
        sha256,
        entry.one("subject"),
        entry.one("security"),
        micros // micros_per_minor(house.founded.minor_digits),
        house.signer_of(entry),
        entry.time_us,
    )
    house.security = replace(house.security, withdrawals={**house.security.withdrawals, sha256: found})


def _withdraw_approve(house: "House", entry: Entry) -> None:
    withdrawals = dict(house.security.withdrawals)
    sha256 = entry.one("proposal")
    withdrawals[sha256] = replace(withdrawals[sha256], approved=True)
    house.security = replace(house.security, withdrawals=withdrawals)


def _default_propose(house: "House", entry: Entry) -> None:
    sha256, settlement = entry.one("proposal"), int(entry.one("settlement"))
    covers, borne = (
        {name: int(amount) for name, amount in (value.split(" ") for value in entry.all(key))}
        for key in ("cover", "bear")
    )
    fall = Waterfall(**covers, borne=borne)
    signer = house.signer_of(entry)
    found = Default(sha256, settlement, entry.one("subject"), fall, signer, entry.time_us)
    house.security = replace(house.security, defaults={**house.security.defaults, sha256: found})


def _default_approve(house: "House", entry: Entry) -> None:
    found = replace(house.security.defaults[entry.one("proposal")], approved_at=entry.index)
    defaults = {**house.security.defaults, found.proposal_sha256: found}
    house.security = replace(house.security, defaults=defaults)
    settlement = house.settlements[found.settlement]
    in_default = {**settlement.defaults, found.participant: found}
    house.put_settlement(replace(settlement, defaults=in_default))


SECURING: dict[str, Callable[["House", Entry], None]] = {
    "security-set": _set_cap,
    "withdraw-propose": _withdraw_propose,
    "withdraw-approve": _withdraw_approve,
    "default-propose": _default_propose,
    "default-approve": _default_approve,
}
"""The fold of each kind of entry. What entries post is folded for all kinds alike, by `note_funds`."""
