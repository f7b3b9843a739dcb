"""An insider who holds the log's key redoes every hash above a forged entry: the entry itself still betrays it."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from coalition.api.v1.exchange_pb2 import IssueRequest
from coalition.api.v1.settlement_pb2 import ApproveRequest
from coalition.audit.checks import Check
from coalition.audit.verify import verify_bundle
from settlement.journal.acts import ENGINE_LINE
from settlement.journal.leaf import Entry, format_leaf, parse_leaf
from settlement.transparency.merkle import leaf_hash, root
from tests.coalition.audit.conftest import Evidence
from tests.coalition.audit.forgery import Forgery


def _accepted(kind: str, partner: str | None = None) -> Callable[[Entry], bool]:
    return lambda entry: (
        entry.kind == kind and entry.refusal is None and partner in (None, entry.get("partner"))
    )


def _entry(forgery: Forgery, shard: int, place: int) -> Entry:
    return parse_leaf(forgery.shards[shard][place][0])


def _put(forgery: Forgery, shard: int, place: int, entry: Entry) -> None:
    forgery.shards[shard][place] = (format_leaf(entry), forgery.shards[shard][place][1])


def _append(forgery: Forgery, shard: int, entry: Entry, payload: bytes) -> None:
    """Puts a copy of an entry at the end of its shard, its lot (if it is an issue) being new there."""
    last = _entry(forgery, shard, -1)
    moved = replace(entry, index=last.index + 1, house=last.house, time_us=last.time_us + 1)
    forgery.shards[shard].append((format_leaf(moved), payload))


def _more_points(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    """All lines of an issue agree on another amount; only the signed request does not."""
    place = forgery.find(1, _accepted("issue"))
    leaf, payload = forgery.shards[1][place]
    forgery.shards[1][place] = (re.sub(rb"(PTS|new [a-z]+) \d+", rb"\1 999", leaf), payload)
    return 1, place


def _signed_by_nobody(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    """As before, with a request that says so too; its signature is the old one."""
    shard, place = _more_points(forgery, evidence)
    payload = forgery.shards[shard][place][1]
    request = IssueRequest.FromString(payload)
    request.amount = 999
    sig = _entry(forgery, shard, place).one("sig")
    forgery.sign_again(shard, place, request.SerializeToString(), evidence.log_key)
    forgery.edit(shard, place, sig=sig)
    return shard, place


def _signed_by_a_key_of_another(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    place = forgery.find(1, _accepted("issue", "grocer"))
    payload = forgery.shards[1][place][1]
    forgery.sign_again(1, place, payload, evidence.keys["bakery"])
    return 1, place


def _signed_by_a_revoked_key(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    """An entry after the revocation, in every way as the bakery could have asked for it while the key lived."""
    place = forgery.find(1, _accepted("issue", "bakery"))
    entry, payload = _entry(forgery, 1, place), forgery.shards[1][place][1]
    request = IssueRequest.FromString(payload)
    request.header.key_id = bytes.fromhex(evidence.old_key.keyid)
    request.header.request_id = "00000000-0000-4000-8000-000000000001"
    changed = replace(
        entry, lines=tuple((k, request.header.request_id if k == "act" else v) for k, v in entry.lines)
    )
    last_house = _entry(forgery, 0, -1).index
    _append(forgery, 1, changed, payload)
    end = len(forgery.shards[1]) - 1
    _put(forgery, 1, end, replace(_entry(forgery, 1, end), house=last_house))
    forgery.sign_again(1, end, request.SerializeToString(), evidence.old_key)
    return 1, end


def _an_act_twice(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    place = forgery.find(2, _accepted("issue"))
    _append(forgery, 2, _entry(forgery, 2, place), forgery.shards[2][place][1])
    return 2, len(forgery.shards[2]) - 1


def _another_partner_named(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    place = forgery.find(1, _accepted("issue", "grocer"))
    leaf, payload = forgery.shards[1][place]
    forgery.shards[1][place] = (leaf.replace(b"grocer", b"bakery"), payload)
    return 1, place


def _a_yes_made_a_no(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    place = forgery.find(1, _accepted("redeem"))
    entry = _entry(forgery, 1, place)
    kept = tuple(line for line in entry.lines if line[0] not in ("post", "lot", "result"))
    _put(forgery, 1, place, replace(entry, lines=(*kept, ("result", "refused INSUFFICIENT_POINTS"))))
    return 1, place


def _a_slice_from_another_lot(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    place = forgery.find(1, lambda entry: _accepted("redeem")(entry) and len(entry.all("lot")) == 1)
    other = forgery.find(1, lambda entry: _accepted("issue")(entry) and entry.index < place)
    forgery.edit(1, place, lot=f"take 1:{other}.0 {_entry(forgery, 1, place).one('lot').split(' ')[2]}")
    return 1, place


def _a_net_changed(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    place = forgery.find(0, _accepted("propose"))
    leaf, payload = forgery.shards[0][place]
    forgery.shards[0][place] = (re.sub(rb"(net bakery -?)\d+", rb"\g<1>77", leaf), payload)
    return 0, place


def _approved_by_the_proposer(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    place = forgery.find(0, _accepted("approve"))
    request = ApproveRequest.FromString(forgery.shards[0][place][1])
    request.header.key_id = bytes.fromhex(evidence.keys["ann"].keyid)
    forgery.sign_again(0, place, request.SerializeToString(), evidence.keys["ann"])
    return 0, place


def _the_clock_of_a_real_network_set(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    last = _entry(forgery, 0, -1)
    number = last.index + 1
    lines = (("days", "1"), ENGINE_LINE)
    entry = replace(last, index=number, house=number, time_us=last.time_us + 1, kind="forward", lines=lines)
    forgery.shards[0].append((format_leaf(entry), b""))
    return 0, number


def _another_networks_request(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    place = forgery.find(1, _accepted("issue", "grocer"))
    request = IssueRequest.FromString(forgery.shards[1][place][1])
    request.header.audience = "clearing.example/elsewhere"
    forgery.sign_again(1, place, request.SerializeToString(), evidence.keys["grocer"])
    return 1, place


def _recorded_after_it_expired(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    place = len(forgery.shards[1]) - 1
    entry = _entry(forgery, 1, place)
    _put(forgery, 1, place, replace(entry, time_us=entry.time_us + 2 * 3_600_000_000))
    return 1, place


def _a_cut_too_late(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    place = forgery.find(1, lambda entry: entry.kind == "cut")
    forgery.edit(1, place, range=f"0 {place}")
    return 1, place


def _time_turned_back(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    place = forgery.find(1, _accepted("issue"))
    entry = _entry(forgery, 1, place)
    _put(forgery, 1, place, replace(entry, time_us=_entry(forgery, 1, place - 1).time_us))
    return 1, place


def _house_turned_back(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    place = len(forgery.shards[1]) - 1
    entry = _entry(forgery, 1, place)
    _put(forgery, 1, place, replace(entry, house=entry.house - 1))
    return 1, place


def _bad_spelling(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    place = forgery.find(1, _accepted("issue"))
    leaf, payload = forgery.shards[1][place]
    forgery.shards[1][place] = (leaf.replace(b"amount PTS ", b"amount PTS 0"), payload)
    return 1, place


def _two_entries_swapped(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    place = forgery.find(1, _accepted("redeem"))
    items = forgery.shards[1]
    items[place - 1], items[place] = items[place], items[place - 1]
    return 1, place


def _an_entry_dropped(forgery: Forgery, evidence: Evidence) -> tuple[int, int]:
    place = forgery.find(1, lambda entry: entry.refusal is not None)
    del forgery.shards[1][place]
    return 1, place + 1


FORGERIES: dict[Callable[[Forgery, Evidence], tuple[int, int]], set[Check]] = {
    _more_points: {Check.DECIDED_AGAIN},
    _signed_by_nobody: {Check.SIGNATURES},
    _signed_by_a_key_of_another: {Check.KEYS, Check.PAYLOADS},
    _signed_by_a_revoked_key: {Check.KEYS},
    _an_act_twice: {Check.ACT_IDS},
    _another_partner_named: {Check.KEYS, Check.PAYLOADS},
    _a_yes_made_a_no: {Check.DECIDED_AGAIN},
    _a_slice_from_another_lot: {Check.DECIDED_AGAIN},
    _a_net_changed: {Check.DECIDED_AGAIN},
    _approved_by_the_proposer: {Check.DECIDED_AGAIN},
    _the_clock_of_a_real_network_set: {Check.ENGINE},
    _another_networks_request: {Check.PAYLOADS},
    _recorded_after_it_expired: {Check.PAYLOADS},
    _a_cut_too_late: {Check.CUTS},
    _time_turned_back: {Check.TIMES},
    _house_turned_back: {Check.HOUSE_ORDER},
    _bad_spelling: {Check.LEAF_TEXT},
    _two_entries_swapped: {Check.NUMBERS},
    _an_entry_dropped: {Check.NUMBERS},
}


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__.strip("_"))
def test_a_forged_entry_is_named_by_its_check(
    evidence: Evidence, tmp_path: Path, forge: Callable[[Forgery, Evidence], tuple[int, int]]
) -> None:
    forgery = evidence.forgery()
    shard, place = forge(forgery, evidence)
    report = verify_bundle(forgery.redo_journal().write(tmp_path / "b.zip"))
    found = {(finding.check, finding.where) for finding in report.findings}
    assert {(check, f"{shard}:{place}") for check in FORGERIES[forge]} <= found, report.findings


def test_an_untouched_journal_put_together_again_is_clean(evidence: Evidence, tmp_path: Path) -> None:
    report = verify_bundle(evidence.forgery().redo_journal().write(tmp_path / "b.zip"))
    assert report.findings == []


def test_a_false_root_in_any_heads_entry_is_found(evidence: Evidence, tmp_path: Path) -> None:
    forgery = evidence.forgery().redo_journal()
    place = min(at for at, entry in enumerate(forgery.entries(0)) if entry.kind == "heads")
    sizes = [value.split(" ") for value in _entry(forgery, 0, place).all("head")]
    entry = _entry(forgery, 0, place)
    heads = [("head", f"{shard} {size} {'0' * 64}") for shard, size, _ in sizes]
    _put(forgery, 0, place, replace(entry, lines=(*heads, ("request", "none"))))
    forgery.put_in(0)
    hashes = [leaf_hash(leaf) for leaf, _ in forgery.shards[0]]
    forgery.sign_checkpoint(len(hashes), root(hashes))
    report = verify_bundle(forgery.write(tmp_path / "b.zip"))
    assert {(f.check, f.where) for f in report.findings} == {(Check.HEADS, f"0:{place}")}


def test_a_payload_taken_away_is_remarked(evidence: Evidence, tmp_path: Path) -> None:
    forgery = evidence.forgery()
    place = forgery.find(1, _accepted("issue"))
    forgery.shards[1][place] = (forgery.shards[1][place][0], b"")
    report = verify_bundle(forgery.redo_journal().write(tmp_path / "b.zip"))
    assert report.ok
    assert any("1 payloads are erased" in remark for remark in report.remarks)


def test_a_settlement_whose_cut_the_checkpoint_does_not_cover_waits_for_the_next(
    evidence: Evidence, tmp_path: Path
) -> None:
    """The worker reads the shards' sizes before it writes `heads`: a cut and a settlement may come in between."""
    forgery = evidence.forgery()
    for shard in (1, 2):
        last_cut = forgery.find(shard, lambda entry: entry.kind == "cut")
        del forgery.shards[shard][last_cut:]
    report = verify_bundle(forgery.redo_journal().write(tmp_path / "b.zip"))
    assert report.findings == []
    assert sum("the next checkpoint will cover" in remark for remark in report.remarks) == 3
