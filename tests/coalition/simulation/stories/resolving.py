"""Breaks, and how two people end them."""

from datetime import date

from hypothesis import strategies as st
from hypothesis.stateful import rule

from settlement.banking.acts import (
    ApproveAccount,
    ApproveResolution,
    AssignBreak,
    BankLine,
    ImportBankStatement,
    ProposeAccount,
    ProposeResolution,
)
from settlement.house.bank_account import BankAccount
from settlement.house.banking import account_sha256
from settlement.house.breaks import ADJUSTMENT, MATCH, OFFSET, WRITE_OFF, Resolution
from tests.coalition.simulation.stories.clearing import HOUR_US, LATE
from tests.coalition.simulation.stories.telling import COMPANIES, PERSONS, Telling
from tests.support.pure_acts import NETWORK, OPERATOR, keyid_for

OWN = BankAccount("Own", "NO9386011117947", "NO")
NOBODY = "nobody"
KINDS = st.sampled_from([WRITE_OFF, ADJUSTMENT, MATCH, MATCH, OFFSET, OFFSET])


class Resolving(Telling):
    """Money that nobody expected, and what becomes of it."""

    @rule(cents=st.lists(st.sampled_from([-5, 5, 6, 7]), min_size=1, max_size=3), unpaid=st.booleans())
    def something_is_booked(self, cents: list[int], unpaid: bool) -> None:
        """At first the operator names its account. Some payments have the amount of a leg, and do not say so."""
        house = self.both.house
        if house.accounts.get(OPERATOR) != OWN:
            digest = account_sha256(NETWORK.origin, OPERATOR, OWN)
            self.ask_house("ann", "names the operator's account", ProposeAccount(OWN))
            self.ask_house("bob", "approves it", ApproveAccount(OPERATOR, digest))
        if unpaid and house.settlements:
            cents = [*cents, *self.both.model.unpaid(len(house.settlements)).values()]
        lines = tuple(
            [BankLine(str(at), amount, date(2026, 11, 30)) for at, amount in enumerate(cents) if amount]
        )
        body = ImportBankStatement(OWN.iban, str(house.size), lines[:100])
        self.ask_house(OPERATOR, f"takes in {cents} that nobody explains", body)

    @rule(person=PERSONS, ago=st.integers(0, 2), whom=PERSONS | st.just(NOBODY))
    def assigns_a_break(self, person: str, ago: int, whom: str) -> None:
        breaks = [*self.both.house.breaks][::-1]
        line = breaks[ago] if ago < len(breaks) else keyid_for("nothing")
        self.ask_house(person, f"has {whom} look after {line[:6]}", AssignBreak(line, whom))

    @rule(
        person=PERSONS,
        ago=st.integers(0, 3),
        kind=KINDS,
        name=COMPANIES | st.just(NOBODY),
        fits=st.sampled_from([True, True, True, False]),
        other=st.integers(0, 3),
    )
    def proposes_a_resolution(
        self, person: str, ago: int, kind: str, name: str, fits: bool, other: int
    ) -> None:
        """Of a break that is there or ended; mostly, if there is one, by the leg or the break that fits it."""
        breaks = [*self.both.house.breaks.values()][::-1]
        line = breaks[ago].name if ago < len(breaks) else keyid_for("nothing")
        cents = breaks[ago].amount_minor if ago < len(breaks) else 0
        number = max(1, len(self.both.house.settlements))
        legs = [leg for leg, left in self.both.model.unpaid(number).items() if left == cents]
        opposite = [each.name for each in breaks if each.amount_minor == -cents]
        how = Resolution(kind)
        if kind == ADJUSTMENT:
            how = Resolution(kind, name)
        elif kind == MATCH:
            how = Resolution(kind, legs[0] if legs and fits else name, number)
        elif kind == OFFSET:
            some = breaks[other].name if other < len(breaks) else keyid_for("nothing else")
            how = Resolution(kind, line=opposite[0] if opposite and fits else some)
        body = ProposeResolution(line, how, "why", keyid_for(f"{line} {how.spelled()}"))
        self.ask_house(person, f"proposes to end {line[:6]} by {how.spelled()}", body)

    @rule(person=PERSONS, ago=st.integers(0, 2), late=LATE)
    def approves_a_resolution(self, person: str, ago: int, late: int | None) -> None:
        made = [*self.both.house.resolutions.values()][::-1]
        proposal = made[ago].proposal_sha256 if ago < len(made) else keyid_for("nothing")
        if late is not None and ago < len(made):
            self.both.now_us = max(self.both.now_us, made[ago].proposed_at_us + 72 * HOUR_US + late - 1)
        self.ask_house(person, f"approves resolution {proposal[:6]}", ApproveResolution(proposal))

    @rule(
        cents=st.sampled_from([[5, -5], [6], [-5, 7]]),
        kind=KINDS,
        ago=st.integers(0, 2),
        name=COMPANIES,
        approver=PERSONS,
    )
    def a_break_is_ended(self, cents: list[int], kind: str, ago: int, name: str, approver: str) -> None:
        """Booked, proposed and mostly approved: what drawn acts alone seldom reach."""
        self.something_is_booked(cents, True)
        self.proposes_a_resolution("ann", ago, kind, name, True, 0)
        self.approves_a_resolution(approver, 0, None)
