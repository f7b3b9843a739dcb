"""Acts on securities and caps, and participants that do not pay."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from settlement.clearing.security_acts import (
    ApproveDefault,
    ApproveWithdrawal,
    Deposit,
    ProposeDefault,
    ProposeWithdrawal,
    SetCap,
)
from settlement.house.security import CAPITAL, SECURITIES, Waterfall
from tests.coalition.simulation.stories.clearing import HOUR_US, LATE
from tests.coalition.simulation.stories.telling import COMPANIES, DESK, PERSONS, Telling
from tests.support.pure_acts import OPERATOR, keyid_for

KINDS = st.sampled_from(SECURITIES)
CENTS = st.integers(1, 30) | st.sampled_from([1, 10**12, 10**15])
NOBODY = "nobody"


class Securing(Telling):
    """Money behind debts, and what becomes of debts that are not paid."""

    @rule(signer=DESK, name=COMPANIES, kind=KINDS, cents=CENTS, strange=st.integers(0, 9))
    def deposits(self, signer: str, name: str, kind: str, cents: int, strange: int) -> None:
        name = NOBODY if strange == 0 else OPERATOR if kind == CAPITAL and strange < 8 else name
        self.ask_house(signer, f"deposits {cents} as {kind} of {name}", Deposit(name, kind, cents))

    @rule(
        person=PERSONS,
        name=COMPANIES,
        kind=KINDS,
        off=st.sampled_from([-3, -1, 0, 0, 1]),
        usd=st.integers(0, 9),
    )
    def proposes_a_withdrawal(self, person: str, name: str, kind: str, off: int, usd: int) -> None:
        cents = max(1, self.both.house.security.of(kind, name) + off)
        currency = "EUR" if usd else "USD"
        body = ProposeWithdrawal(name, kind, currency, cents, keyid_for(f"{name} {kind} {cents}"))
        self.ask_house(person, f"proposes to pay {cents} of {kind} back to {name}", body)

    @rule(person=PERSONS, ago=st.integers(0, 2), late=LATE)
    def approves_a_withdrawal(self, person: str, ago: int, late: int | None) -> None:
        made = [*self.both.house.security.withdrawals.values()][::-1]
        proposal = made[ago].proposal_sha256 if ago < len(made) else keyid_for("nothing")
        if late is not None and ago < len(made):
            self.both.now_us = max(self.both.now_us, made[ago].proposed_at_us + 72 * HOUR_US + late - 1)
        self.ask_house(person, f"approves withdrawal {proposal[:6]}", ApproveWithdrawal(proposal))

    @rule(
        signer=DESK | PERSONS,
        name=COMPANIES | st.just(NOBODY),
        cap=st.sampled_from([None, None, 0, 5, 5, 10**15]),
    )
    def caps(self, signer: str, name: str, cap: int | None) -> None:
        self.ask_house(signer, f"caps {name} at {cap}", SetCap(name, cap))

    @precondition(lambda self: self.both.house.settlements)
    @rule(
        person=PERSONS,
        ago=st.integers(0, 1),
        leg=st.integers(0, 2),
        wrong=st.sampled_from([*["no"] * 5, "shortfall", "borne", "currency"]),
        waits=st.sampled_from([0, 23, 24, 25, 25, 25]),
    )
    def proposes_a_default(self, person: str, ago: int, leg: int, wrong: str, waits: int) -> None:
        """Of somebody who has still to pay, mostly when its time is over."""
        number = max(1, len(self.both.house.settlements) - ago)
        unpaid = self.both.model.unpaid(number)
        names = [name for name, cents in unpaid.items() if cents > 0] or [*unpaid, NOBODY]
        name, fall = names[min(leg, len(names) - 1)], Waterfall(1, 0, 0, 0, {}, 1)
        self.both.now_us += waits * HOUR_US
        settlement = self.both.model.facts.settlements.numbered(number)
        if settlement is not None and unpaid.get(name, 0) > 0:
            steps, borne = self.both.model.facts.defaults.falls(settlement, name)
            fall = Waterfall(**steps, borne=borne)
        if wrong == "shortfall":
            fall = replace(fall, shortfall=fall.shortfall + 1)
        if wrong == "borne":
            fall = replace(fall, borne={**fall.borne, "drugs": 1})
        currency = "USD" if wrong == "currency" else "EUR"
        proposal = keyid_for(f"{number} {name} {fall}")
        body = ProposeDefault(number, name, currency, fall, proposal)
        self.ask_house(person, f"proposes {name} to be in default in {number} ({wrong} figures wrong)", body)

    @rule(person=PERSONS, ago=st.integers(0, 2), late=LATE)
    def approves_a_default(self, person: str, ago: int, late: int | None) -> None:
        made = [*self.both.house.security.defaults.values()][::-1]
        proposal = made[ago].proposal_sha256 if ago < len(made) else keyid_for("nothing")
        if late is not None and ago < len(made):
            self.both.now_us = max(self.both.now_us, made[ago].proposed_at_us + 72 * HOUR_US + late - 1)
        self.ask_house(person, f"approves default {proposal[:6]}", ApproveDefault(proposal))
