"""Many lives: each seed is another story, and each story is always the same."""

import pytest

from coalition.simulation.kinds import TROUBLES
from coalition.simulation.run import live
from coalition.simulation.story import tell
from settlement.house.records import POOL

EVERY_ANSWER = {
    "accepted",
    "MEMBER_UNKNOWN",
    "RECIPIENT_UNKNOWN",
    "TRANSFER_NOT_ALLOWED",
    "MEMBER_IN_ARREARS",
    "LIMIT_EXCEEDED",
    "INSUFFICIENT_POINTS",
    "HOLD_UNKNOWN",
    "HOLD_CLOSED",
    "HOLD_EXPIRED",
    "HOLD_EXCEEDED",
    "ORIGINAL_UNKNOWN",
    "ALREADY_REVERSED",
    "REVERSAL_EXCEEDED",
    "POINTS_SPENT",
    "ALIAS_TAKEN",
    "PARTNER_SUSPENDED",
    "PARTNER_UNKNOWN",
    "KEY_EXISTS",
    "CYCLE_UNKNOWN",
    "CYCLE_NOT_OPEN",
    "CYCLE_IN_SETTLEMENT",
    "FIGURES_DIFFER",
    "WARNINGS_DIFFER",
    "PROPOSAL_UNKNOWN",
    "ALREADY_APPROVED",
    "SAME_PERSON",
    "OBJECTION_PERIOD",
    "OBJECTION_PERIOD_OVER",
    "OBJECTION_OPEN",
    "OBJECTION_UNKNOWN",
    "ALREADY_OBJECTED",
    "ALREADY_ANSWERED",
    "ALREADY_CANCELLED",
    "ALREADY_ABORTED",
    "NOT_APPROVED",
    "SETTLEMENT_UNKNOWN",
    "LEG_UNKNOWN",
    "LEG_ALREADY_PAID",
    "LEG_AMOUNT_DIFFERS",
    "KEY_UNKNOWN",
    "KEY_REVOKED",
    "SIGNATURE_INVALID",
    "AUDIENCE_MISMATCH",
    "PARTNER_MISMATCH",
    "ACT_ID_REUSED",
    "REQUEST_EXPIRED",
    "REQUEST_FROM_THE_FUTURE",
    "CYCLE_NOT_CLOSED",
    "BOOKS_UNAVAILABLE",
    "FIELD_INVALID",
}
"""Answers that ten stories must have brought about: a workload that never asks cannot find anything."""


def test_ten_times_five_thousand_acts_keep_every_law_and_meet_every_answer() -> None:
    heard: set[str] = set()
    for seed in range(1, 11):
        heard |= live(tell(seed, acts=5_000)).heard.keys()
    assert heard >= EVERY_ANSWER


def test_a_seed_is_one_story_and_one_life() -> None:
    story = tell(5, acts=600)
    assert tell(5, acts=600) == story
    assert live(story) == live(story)
    assert tell(6, acts=600) != story


def test_everything_goes_wrong_in_a_story_of_some_length() -> None:
    assert {step.kind for step in tell(1, acts=50_000).steps} >= set(TROUBLES)


def test_much_trouble_changes_nothing_of_the_laws() -> None:
    for seed in range(20, 23):
        live(tell(seed, acts=800, trouble=0.1))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(200, 210))
def test_a_pool_keeps_every_law_over_a_million_acts_in_ten_stories(seed: int) -> None:
    live(tell(seed, acts=100_000, model=POOL))
