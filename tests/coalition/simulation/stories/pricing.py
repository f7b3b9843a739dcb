"""Acts of people on tariffs, and the moment at which a dated one comes into force."""

import hashlib
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import rule

from settlement.house.acts import ApproveTariff, ProposeTariff
from settlement.house.records import POOL
from settlement.house.tariff import CutOffEvery, Spent, Tariff
from tests.coalition.simulation.by_itself import see_to_house
from tests.coalition.simulation.stories.telling import PERSONS, Telling

RATES = st.sampled_from([1, 9_999, 10_000, 333_333, 9_000_000])
PRICES = st.sampled_from([0, 1, 10_000, 12_000, 9_000_000])
CHARGES = st.sampled_from([0, 0, 1, 77, 9_999])
REBATES = st.sampled_from([0, 0, 1, 3_333, 10_000])
SIGNERS = st.sampled_from(["ann", "bob", "ann", "bob", "acme"])
AHEAD_US = st.none() | st.sampled_from([-1, 0, 1, 3, 50])
HOURS_US = 3_600_000_000
WAITS = st.sampled_from([*[0] * 9, 72 * HOURS_US, 73 * HOURS_US])


EXPIRIES = (
    "never",
    "months-1",
    "months-13",
    "month-end-0",
    "month-end-2",
    "year-end-0",
    "activity-1",
    "activity-2",
)
REVERSED = st.sampled_from([*Spent, Spent.ARREARS])
LIVES = st.fixed_dictionaries(
    {
        "hold_minutes": st.sampled_from([1, 2, 3, 525_600]),
        "expiry": st.sampled_from(EXPIRIES) | st.just("never"),
        "grace_days": st.integers(0, 40),
        "spent": REVERSED,
        "transfer_points_max": st.sampled_from([0, 10, 10**12, 10**12]),
        "transfer_daily_max": st.sampled_from([0, 0, 15, 200]),
        "transfer_fee_micros": CHARGES,
        "notice_days": st.sampled_from([0, 7, 25]),
        "consent_above": st.sampled_from([None, None, 0, 2]),
        "value_expiry": st.sampled_from([*EXPIRIES[:6], "never", "activity-1"]),
        "value_consent_above": st.sampled_from([None, None, 0, 3]),
        "value_transfer_max": st.sampled_from([0, 10, 10**12, 10**12]),
        "calendar": st.sampled_from(["none", "target2", "DE"]),
        "cut_off": st.sampled_from(["none", "none", "00:00", "18:00"]),
        "cut_off_zone": st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]),
        "cut_off_every": st.sampled_from([*CutOffEvery]),
        "objection_hours": st.sampled_from([0, 0, 24]),
        "payment_days": st.sampled_from([0, 1, 14]),
        "minimum_payment_minor": st.sampled_from([0, 0, 3, 10**6]),
        "vat_basis_points": st.sampled_from([0, 0, 1_900, 10_000]),
    }
)
"""Terms on how long points last and what becomes of them: any go with any."""


class Pricing(Telling):
    """People who change what points cost and earn."""

    def __init__(self) -> None:
        super().__init__()
        self.tariffs: list[str] = ["00" * 32]

    @rule(
        signer=SIGNERS,
        rate=RATES,
        price=PRICES,
        charges=st.tuples(CHARGES, CHARGES),
        rebate=REBATES,
        lives=LIVES,
        ahead_us=AHEAD_US,
    )
    def proposes_a_tariff(
        self,
        signer: str,
        rate: int,
        price: int,
        charges: tuple[int, int],
        rebate: int,
        lives: dict[str, Any],
        ahead_us: int | None,
    ) -> None:
        fee, interchange = charges
        tariff = Tariff(
            rate,
            **lives,
            price_micros=price,
            fee_micros=fee,
            interchange_micros=interchange,
            rebate_basis_points=rebate,
        )
        from_us = None if ahead_us is None else self.both.now_us + 2 + ahead_us
        self._propose(signer, tariff, from_us)

    @rule(rate=RATES, price=PRICES, charge=CHARGES, lives=LIVES, ahead_us=AHEAD_US)
    def two_people_change_the_tariff(
        self, rate: int, price: int, charge: int, lives: dict[str, Any], ahead_us: int | None
    ) -> None:
        """Terms that this network knows, proposed and approved at once: what drawn acts alone seldom reach."""
        is_pool = self.MODEL == POOL
        tariff = Tariff(
            rate,
            **lives | {"value_expiry": lives["value_expiry"].replace("activity", "months")},
            price_micros=max(1, price) if is_pool else 0,
            fee_micros=charge,
            interchange_micros=min(rate, charge),
            rebate_basis_points=2_500 if is_pool else 0,
        )
        from_us = None if ahead_us is None else self.both.now_us + 2 + ahead_us
        self._propose("ann", tariff, from_us)
        self.approves_a_tariff("bob", 0, 0)

    def _propose(self, signer: str, tariff: Tariff, from_us: int | None) -> None:
        sha256 = hashlib.sha256(f"{tariff} {from_us}".encode()).hexdigest()
        self.tariffs.append(sha256)
        self.ask_house(signer, f"proposes {tariff} from {from_us}", ProposeTariff(tariff, from_us, sha256))

    @rule(signer=PERSONS, back=st.sampled_from([0, 0, 0, 1, 2]), wait_us=WAITS)
    def approves_a_tariff(self, signer: str, back: int, wait_us: int) -> None:
        self.both.now_us += wait_us
        sha256 = self.tariffs[max(0, len(self.tariffs) - 1 - back)]
        self.ask_house(signer, f"approves tariff {sha256[:8]}", ApproveTariff(sha256))

    @rule()
    def the_worker_sees_to_the_house(self) -> None:
        done = see_to_house(self.both)
        note(f"the worker sees to the house: {', '.join(done) or 'nothing is due'}")
