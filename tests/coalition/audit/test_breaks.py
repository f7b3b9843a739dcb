"""Open breaks stand in suspense, what was written off in write-off, and both in the bank: each can fail."""

from datetime import date

import pytest

from coalition.audit.checks import Check, Report
from coalition.audit.replay import Replay
from coalition.audit.securities import check_bank
from settlement.house.breaks import ADJUSTMENT, MATCH, OFFSET, WRITE_OFF, Break, Resolution
from settlement.journal.leaf import HOUSE, Transfer
from tests.support.pure_acts import house_of

CENT = 10_000
TAKEN_IN = Transfer("bank", "suspense", "EUR", 700 * CENT)
WRITTEN_OFF = Transfer("suspense", "write-off", "EUR", 700 * CENT)
TAKEN_OUT = Transfer("suspense", "bank", "EUR", 700 * CENT)


def found_wrong(resolution: Resolution | None, *posts: Transfer, cents: int = 700) -> set[str]:
    """Accounts that are found wrong where 7.00 are a break that ended so, and the leaves post this."""
    replay = Replay(Report())
    replay.house = house_of("bakery")
    day = date(2026, 11, 30)
    replay.house.breaks["a"] = Break("a", cents, day, "unknown", 1, resolution=resolution)
    for post in posts:
        replay.tally.post(HOUSE, 1, post)
    check_bank(replay)
    assert {finding.check for finding in replay.report.findings} <= {Check.SETTLEMENTS}
    return {finding.where for finding in replay.report.findings}


def test_what_was_taken_in_and_how_it_ended_is_whole() -> None:
    assert found_wrong(None, TAKEN_IN) == set()
    assert found_wrong(Resolution(WRITE_OFF), TAKEN_IN, WRITTEN_OFF) == set()
    assert found_wrong(Resolution(ADJUSTMENT, "bakery"), TAKEN_IN, TAKEN_OUT) == set()
    went_out = [post.inverse() for post in (TAKEN_IN, WRITTEN_OFF)]
    assert found_wrong(Resolution(WRITE_OFF), *went_out, cents=-700) == set()


def test_a_break_that_is_not_where_it_should_be_is_found() -> None:
    assert found_wrong(None) == {"bank", "suspense"}
    assert found_wrong(None, TAKEN_IN, WRITTEN_OFF) == {"suspense", "write-off"}
    assert found_wrong(None, TAKEN_IN._replace(amount=700 * CENT - 1)) == {"bank", "suspense"}
    assert found_wrong(Resolution(WRITE_OFF), TAKEN_IN) == {"suspense", "write-off"}
    assert found_wrong(Resolution(WRITE_OFF), TAKEN_IN, TAKEN_OUT) == {"bank", "write-off"}
    half = [WRITTEN_OFF._replace(amount=350 * CENT), TAKEN_OUT._replace(amount=350 * CENT)]
    assert found_wrong(Resolution(WRITE_OFF), TAKEN_IN, *half) == {"bank", "write-off"}


@pytest.mark.parametrize("kind", [ADJUSTMENT, MATCH, OFFSET])
def test_what_ended_otherwise_is_no_write_off(kind: str) -> None:
    assert found_wrong(Resolution(kind), TAKEN_IN, WRITTEN_OFF) == {"bank", "write-off"}
