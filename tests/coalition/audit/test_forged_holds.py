"""Holds that are ended otherwise than the rules end them: each is found and named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from coalition.audit.checks import Check
from coalition.audit.verify import verify_bundle
from settlement.clock import parse_time
from settlement.journal.leaf import Entry, format_leaf, parse_leaf
from tests.coalition.audit.conftest import Evidence
from tests.coalition.audit.forgery import Forgery


def entry_at(forgery: Forgery, place: int) -> Entry:
    """An entry of the first shard."""
    return parse_leaf(forgery.shards[1][place][0])


def accepted(kind: str) -> Callable[[Entry], bool]:
    return lambda entry: entry.kind == kind and entry.refusal is None


def _lapsed(forgery: Forgery, hold: Entry, time_us: int) -> int:
    """A lapse of a hold at the end of the first shard."""
    last = entry_at(forgery, len(forgery.shards[1]) - 1)
    member, points = hold.one("member"), hold.one("amount").split(" ")[1]
    gives = tuple([("lot", value.replace("take", "give")) for value in hold.all("lot")])
    about = (("member", member), ("original", f"1:{hold.index}"), ("until", hold.one("until")))
    post = ("post", f"held:{member} wallet:{member} PTS {points}")
    lines = (*about, ("request", "none"), post, *gives)
    lapse = Entry(1, last.index + 1, last.house, max(time_us, last.time_us + 1), "lapse", lines)
    forgery.shards[1].append((format_leaf(lapse), b""))
    return lapse.index


def _a_hold_that_lapses_too_soon(forgery: Forgery) -> int:
    hold = entry_at(forgery, forgery.find(1, accepted("authorize")))
    return _lapsed(forgery, hold, parse_time(hold.one("until")) - 1)


def _a_hold_that_lapses_after_its_capture(forgery: Forgery) -> int:
    captured = entry_at(forgery, forgery.find(1, accepted("capture"))).one("original")
    hold = entry_at(forgery, int(captured.partition(":")[2]))
    return _lapsed(forgery, hold, parse_time(hold.one("until")))


def _a_lapse_that_gives_too_little(forgery: Forgery) -> int:
    hold = entry_at(forgery, forgery.find(1, accepted("authorize")))
    place = _lapsed(forgery, hold, parse_time(hold.one("until")))
    post = entry_at(forgery, place).one("post").rpartition(" ")[0]
    forgery.edit(1, place, post=f"{post} 1")
    return place


def _a_capture_of_more_than_was_held(forgery: Forgery) -> int:
    place = forgery.find(1, accepted("capture"))
    forgery.edit(1, place, lot=entry_at(forgery, place).all("lot")[0].rpartition(" ")[0] + " 9999")
    return place


FORGERIES: dict[Callable[[Forgery], int], Check] = {
    _a_hold_that_lapses_too_soon: Check.ENGINE,
    _a_hold_that_lapses_after_its_capture: Check.ENGINE,
    _a_lapse_that_gives_too_little: Check.ENGINE,
    _a_capture_of_more_than_was_held: Check.DECIDED_AGAIN,
}


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__.strip("_"))
def test_a_forged_entry_is_named_by_its_check(
    evidence: Evidence, tmp_path: Path, forge: Callable[[Forgery], int]
) -> None:
    forgery = evidence.forgery()
    place = forge(forgery)
    report = verify_bundle(forgery.redo_journal().write(tmp_path / "b.zip"))
    found = {(finding.check, finding.where) for finding in report.findings}
    assert (FORGERIES[forge], f"1:{place}") in found, report.findings


def test_a_lapse_when_a_hold_has_run_out_is_no_forgery(evidence: Evidence, tmp_path: Path) -> None:
    forgery = evidence.forgery()
    hold = entry_at(forgery, forgery.find(1, accepted("authorize")))
    _lapsed(forgery, hold, parse_time(hold.one("until")))
    report = verify_bundle(forgery.redo_journal().write(tmp_path / "b.zip"))
    assert report.findings == []
