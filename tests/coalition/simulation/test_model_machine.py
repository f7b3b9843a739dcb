"""The model and the engine's rules say the same of any story: every act there is, in a small world where acts collide.

A story that ends badly is told by Hypothesis as short as it can be, one plain sentence for each act.
"""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from settlement.house.breaks import MATCH
from settlement.house.records import POOL
from tests.coalition.simulation.stories.clearing import LATE, Clearing
from tests.coalition.simulation.stories.governing import Governing
from tests.coalition.simulation.stories.holding import Holding
from tests.coalition.simulation.stories.pricing import Pricing
from tests.coalition.simulation.stories.proving import Proving
from tests.coalition.simulation.stories.resolving import Resolving
from tests.coalition.simulation.stories.securing import Securing
from tests.coalition.simulation.stories.telling import AMOUNTS, FOUNDERS, PERSONS, TRADERS
from tests.coalition.simulation.stories.trading import Trading
from tests.coalition.simulation.stories.transferring import Transferring
from tests.support.pure_acts import OPERATOR


class Stories(Governing, Pricing, Trading, Transferring, Holding, Proving, Clearing, Securing, Resolving):
    """Any act at any time by anyone who has a key."""

    @initialize()
    def two_partners_act_for_two_members_and_one_partner_waits(self) -> None:
        for name in (*FOUNDERS, "cinema"):
            self.registers(OPERATOR, name)
            self.adds_a_key(OPERATOR, name, None)
        for name in FOUNDERS:
            self.lets_act(OPERATOR, name, False)
        for shard, signer in enumerate(FOUNDERS, 1):
            self.enrols(signer, shard, [], 0)

    @rule(
        amount=AMOUNTS,
        last=st.sampled_from(["cut", "proposed", "approved", "paid", "in default", "in default", "matched"]),
        approver=PERSONS,
        late=LATE,
    )
    def a_cycle_runs_its_course(self, amount: int, last: str, approver: str, late: int | None) -> None:
        """Traded, closed, cut, proposed, approved, paid, in default or matched, or so far: what drawn acts alone seldom reach."""
        self.a_member_gathers_and_spends("acme", "bakery", 0, amount, 1, [])
        self.closes(OPERATOR, 0, None)
        for shard in self.both.shards:
            self.the_worker_cuts(shard)
        if last != "cut":
            self.proposes("ann", 1, "no", 0)
        if last in ("approved", "paid", "in default", "matched"):
            self.approves(approver, 0, late)
        if last == "paid":
            for leg in range(3):
                self.confirms(OPERATOR, 0, leg, 0)
        if last == "matched":
            self.a_break_is_ended([6], MATCH, 0, "acme", approver)
        if last == "in default":
            self.proposes_a_default("ann", 0, 0, "no", 25)
            self.approves_a_default(approver, 0, None)

    @rule(
        giver=TRADERS,
        holder=TRADERS,
        amount=AMOUNTS,
        part=st.integers(1, 3),
        waits=st.integers(0, 3),
        ends=st.sampled_from(["captured", "captured and reversed", "voided", "swept"]),
    )
    def points_are_held_for_a_while(
        self, giver: str, holder: str, amount: int, part: int, waits: int, ends: str
    ) -> None:
        """Gathered, held and what becomes of that."""
        self.issues(giver, 0, amount, False, 0)
        self.holds_points(holder, 0, max(1, amount // part), 2, False, 0)
        self.minutes_pass(waits, 1, ends == "swept")
        if ends == "voided":
            self.voids(0, None, False)
        elif ends != "swept":
            self.captures(0, max(1, amount // part // part), None, False, 0)
        if ends == "captured and reversed":
            self.reverses(0, 0, None, False)

    @invariant()
    def laws_hold_and_both_know_the_same(self) -> None:
        assert self.both.model.broken_laws() == []
        self.both.check_knowledge()


class PoolStories(Stories):
    """The same where a fund of all issuers pays."""

    MODEL = POOL


BOTH = pytest.mark.parametrize("stories", [Stories, PoolStories])
SHORT = settings(
    max_examples=30, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@BOTH
def test_two_models_tell_every_short_story_alike(stories: type[Stories]) -> None:
    run_state_machine_as_test(stories, settings=SHORT)


@BOTH
@pytest.mark.long
def test_two_models_tell_every_long_story_alike(stories: type[Stories]) -> None:
    run_state_machine_as_test(stories, settings=settings(SHORT, max_examples=400, stateful_step_count=100))
