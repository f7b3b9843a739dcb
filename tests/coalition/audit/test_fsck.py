"""fsck finds nothing in clean books, and names every row that is planted in any table."""

from collections.abc import Iterator, Sequence

import pytest

from coalition.audit import fsck as module
from coalition.audit import identities, subtrees
from coalition.audit.checks import Check, Report
from coalition.audit.fsck import fsck
from coalition.audit.subtrees import Levels, put_together
from settlement.transparency.merkle import NodeReader
from tests.coalition.audit.conftest import Evidence
from tests.support.postgres import copy_books, drop_database
from tests.support.small_network import spoil

OFFLINE_ONLY = {
    Check.ARCHIVE,
    Check.MANIFEST,
    Check.FILES,
    Check.CHECKPOINT,
    Check.CONSISTENCY,
    Check.TILES,
    Check.DERIVED,
}
ISSUE = "(SELECT max(index) FROM entries WHERE shard = 1 AND kind = 'issue' AND refusal IS NULL)"
REDEEMED = "(SELECT max(index) FROM transfers WHERE shard = 1 AND position = 1)"
REFUSED = "(SELECT max(index) FROM entries WHERE shard = 1 AND refusal IS NOT NULL)"
FREE = "'00000000-0000-4000-8000-000000000001'"

PLANTED: dict[str, tuple[str, set[Check]]] = {
    "a balance": (
        "UPDATE balances SET credits = credits + 1 WHERE account = 'redeemed:grocer'",
        {Check.TABLE_BALANCES},
    ),
    "a balance gone": ("DELETE FROM balances WHERE account = 'bank'", {Check.TABLE_BALANCES}),
    "a balance of nobody": ("INSERT INTO balances VALUES (1, 'fund', 'EUR', 5, 5)", {Check.TABLE_BALANCES}),
    "a lot's rest": ("UPDATE lots SET remaining = remaining - 1 WHERE remaining > 0", {Check.TABLE_LOTS}),
    "a lot's funder": (
        f"UPDATE lots SET funder = 'cinemas' WHERE (shard, index) = (1, {ISSUE})",
        {Check.TABLE_LOTS},
    ),
    "a lot's expiry": (
        f"UPDATE lots SET expires_at_us = 7 WHERE (shard, index) = (1, {ISSUE})",
        {Check.TABLE_LOTS},
    ),
    "a lot gone": (f"DELETE FROM lots WHERE (shard, index) = (1, {ISSUE})", {Check.TABLE_LOTS}),
    "an obligation": (
        "UPDATE obligations SET amount = amount - 1 WHERE cycle = 2",
        {Check.TABLE_OBLIGATIONS},
    ),
    "an obligation's count": (
        "UPDATE obligations SET count = count + 1 WHERE cycle = 1",
        {Check.TABLE_OBLIGATIONS, Check.STATEMENTS},
    ),
    "an obligation's cycle": (
        "UPDATE obligations SET cycle = 9 WHERE cycle = 1 AND debtor = 'bakery'",
        {Check.TABLE_OBLIGATIONS, Check.STATEMENTS},
    ),
    "a kept sum": ("UPDATE accrued SET amount = amount + 1 WHERE cycle = 1", {Check.TABLE_ACCRUED}),
    "a kept sum gone": (
        "DELETE FROM accrued WHERE ctid IN (SELECT ctid FROM accrued WHERE cycle = 1 LIMIT 1)",
        {Check.TABLE_ACCRUED, Check.STATEMENTS},
    ),
    "sums of a cycle that is open": (
        "INSERT INTO accrued SELECT 9, debtor, creditor, amount FROM accrued WHERE cycle = 1",
        {Check.TABLE_ACCRUED},
    ),
    "a transfer": (
        f"UPDATE transfers SET amount = amount + 1 WHERE (shard, index) = (1, {ISSUE})",
        {Check.TABLE_TRANSFERS},
    ),
    "a transfer gone": (
        f"DELETE FROM transfers WHERE (shard, index) = (1, {ISSUE})",
        {Check.TABLE_TRANSFERS},
    ),
    "a transfer of no entry": (
        "INSERT INTO transfers VALUES (1, 99999, 0, 'a', 'b', 'PTS', 1)",
        {Check.TABLE_TRANSFERS},
    ),
    "two transfers that one row spells": (
        f"""WITH gone AS (DELETE FROM transfers WHERE (shard, index, position) = (1, {REDEEMED}, 1) RETURNING *)
        UPDATE transfers t SET amount = g.amount,
        asset = concat_ws(' ', t.asset, concat(t.amount, E'\n', g.position), g.debit, g.credit, g.asset)
        FROM gone g WHERE (t.shard, t.index, t.position) = (1, {REDEEMED}, 0)""",
        {Check.TABLE_TRANSFERS},
    ),
    "an act gone": (f"DELETE FROM acts WHERE (shard, index) = (1, {ISSUE})", {Check.TABLE_ACTS}),
    "an act's hash and partner, a byte moved over": (
        """UPDATE acts SET payload_sha256 = substr(payload_sha256, 1, 31), partner = chr(get_byte(payload_sha256, 31)) || partner
            WHERE act_id = (SELECT act_id FROM acts WHERE get_byte(payload_sha256, 31) BETWEEN 33 AND 126 LIMIT 1)""",
        {Check.TABLE_ACTS},
    ),
    "an act's place": (f"UPDATE acts SET index = 0 WHERE (shard, index) = (1, {ISSUE})", {Check.TABLE_ACTS}),
    "an act's hash": (
        f"UPDATE acts SET payload_sha256 = sha256('x') WHERE (shard, index) = (1, {ISSUE})",
        {Check.TABLE_ACTS},
    ),
    "a member": (f"INSERT INTO members VALUES ({FREE}, 1)", {Check.TABLE_MEMBERS}),
    "a member's shard": (
        "UPDATE members SET shard = 3 - shard WHERE member = (SELECT min(member::text)::uuid FROM members)",
        {Check.TABLE_MEMBERS},
    ),
    "an alias": (
        "INSERT INTO aliases SELECT decode(repeat('07', 32), 'hex'), member FROM members LIMIT 1",
        {Check.TABLE_ALIASES},
    ),
    "an alias of nobody": (
        f"INSERT INTO aliases VALUES (decode(repeat('08', 32), 'hex'), {FREE})",
        {Check.TABLE_ALIASES},
    ),
    "an alias gone": (
        "DELETE FROM aliases WHERE token = decode(repeat('7a', 32), 'hex')",
        {Check.TABLE_ALIASES},
    ),
    "a reversal gone": (
        "DELETE FROM reversals WHERE index = (SELECT max(index) FROM reversals)",
        {Check.TABLE_REVERSALS},
    ),
    "a hold gone": ("DELETE FROM holds WHERE closed_by IS NULL", {Check.TABLE_HOLDS}),
    "a hold closed": ("UPDATE holds SET closed_by = 7 WHERE closed_by IS NULL", {Check.TABLE_HOLDS}),
    "a hold's end": ("UPDATE holds SET until_us = 7 WHERE closed_by IS NULL", {Check.TABLE_HOLDS}),
    "a transit gone": ("DELETE FROM transits WHERE arrived_by IS NULL", {Check.TABLE_TRANSITS}),
    "a transit arrived": (
        "UPDATE transits SET arrived_by = 7 WHERE arrived_by IS NULL",
        {Check.TABLE_TRANSITS},
    ),
    "what a member sent": ("UPDATE members SET sent_points = 1 WHERE sent_day > 0", {Check.TABLE_MEMBERS}),
    "somebody concerned": ("INSERT INTO concerns VALUES ('bakery', 0, 0)", {Check.TABLE_CONCERNS}),
    "an anchor": (
        "UPDATE proofs SET public = decode(repeat('07', 16), 'hex') WHERE name = 'code'",
        {Check.TABLE_PROOFS},
    ),
    "a device that was lost": (
        "UPDATE proofs SET public = 'found again' WHERE name <> 'code'",
        {Check.TABLE_PROOFS},
    ),
    "a proof of nobody": (f"INSERT INTO proofs VALUES (1, {FREE}, 'code', 'x')", {Check.TABLE_PROOFS}),
    "a part of an opening gone": (
        "DELETE FROM openings WHERE (shard, part) = (1, 1)",
        {Check.TABLE_OPENINGS},
    ),
    "a part of an opening twice": (
        "INSERT INTO openings SELECT 2, proposal, part, index, lots, points, value FROM openings WHERE (shard, part) = (1, 1)",
        {Check.TABLE_OPENINGS},
    ),
    "a newcomer's alias": (
        "UPDATE aliases SET member = (SELECT member FROM members LIMIT 1) WHERE encode(token, 'escape') = 'n' || repeat('0', 31)",
        {Check.TABLE_ALIASES},
    ),
    "a shard's size": ("UPDATE shards SET size = size + 1 WHERE shard = 2", {Check.TABLE_SHARDS}),
    "a shard's cycle": ("UPDATE shards SET cycle_start = 1 WHERE shard = 1", {Check.TABLE_SHARDS}),
    "the house's time": ("UPDATE shards SET recorded_at_us = 1 WHERE shard = 0", {Check.TABLE_SHARDS}),
    "a balance after": (
        f"UPDATE entries SET balance_after = 1 WHERE (shard, index) = (1, {ISSUE})",
        {Check.TABLE_ENTRIES},
    ),
    "a refusal's column": (
        f"UPDATE entries SET refusal = NULL WHERE (shard, index) = (1, {REFUSED})",
        {Check.TABLE_ENTRIES},
    ),
    "a time's column": (
        f"UPDATE entries SET recorded_at_us = 5 WHERE (shard, index) = (1, {ISSUE})",
        {Check.TABLE_ENTRIES},
    ),
    "a leaf's hash": (
        f"UPDATE entries SET leaf_hash = sha256('x') WHERE (shard, index) = (1, {ISSUE})",
        {Check.TABLE_ENTRIES},
    ),
    "a payload of the house gone": ("DELETE FROM payloads WHERE (shard, index) = (0, 1)", {Check.PAYLOADS}),
    "a payload of no act": ("INSERT INTO payloads VALUES (0, 0, 'x')", {Check.TABLE_PAYLOADS}),
    "a payload": (
        f"UPDATE payloads SET payload = 'x' WHERE (shard, index) = (1, {ISSUE})",
        {Check.PAYLOAD_HASHES, Check.PAYLOADS, Check.SIGNATURES},
    ),
    "a checkpoint": (
        "UPDATE checkpoints SET size = size + 1 WHERE size = (SELECT max(size) FROM checkpoints)",
        {Check.TABLE_CHECKPOINTS},
    ),
}


@pytest.fixture
def copy(evidence: Evidence) -> Iterator[str]:
    dsn = copy_books(evidence.dsn)
    yield dsn
    drop_database(dsn)


def test_clean_books_have_no_finding_and_every_check_was_tried(evidence: Evidence) -> None:
    report = Report()
    assert list(fsck(evidence.dsn, report=report)) == []
    tried = {check for check, tried in report.tried.items() if tried.count}
    # Nothing fell due in these books, and no bank was instructed: scenarios hold those tables against their journals.
    untried = {Check.RECEIPTS, Check.TABLE_CONCERNS, Check.TABLE_FILES}
    assert tried == set(Check) - OFFLINE_ONLY - untried
    assert report.remarks == []


def test_signatures_can_be_left_out(evidence: Evidence) -> None:
    report = Report()
    assert list(fsck(evidence.dsn, signatures=False, report=report)) == []
    assert Check.SIGNATURES not in report.tried


@pytest.mark.parametrize("name", PLANTED)
def test_every_planted_row_is_named(copy: str, name: str) -> None:
    statement, checks = PLANTED[name]
    spoil(copy, statement)
    assert {finding.check for finding in fsck(copy)} == checks


def test_a_changed_leaf_is_found_by_its_hash_its_decision_and_every_root_above_it(copy: str) -> None:
    spoil(
        copy,
        f"""UPDATE entries SET leaf = regexp_replace(leaf, 'amount PTS \\d+', 'amount PTS 999')
        WHERE (shard, index) = (1, {ISSUE})""",
    )
    found = {finding.check for finding in fsck(copy)}
    assert found == {Check.TABLE_ENTRIES, Check.DECIDED_AGAIN, Check.HEADS}


def test_roots_are_the_same_where_the_tree_is_put_together(
    copy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subtrees, "LEAVES", 4)
    monkeypatch.setattr(module, "RANGE_ENTRIES", 4)
    made: list[int] = []

    def noting(leaf_hashes: Sequence[bytes], subtrees: Sequence[Levels]) -> NodeReader:
        made.append(len(subtrees))
        return put_together(leaf_hashes, subtrees)

    monkeypatch.setattr(identities, "put_together", noting)
    assert list(fsck(copy, processes=0)) == []
    assert min(made) > 1
    spoil(copy, "UPDATE entries SET leaf = leaf || 'more' WHERE (shard, index) = (1, 2)")
    assert Check.HEADS in {finding.check for finding in fsck(copy, processes=0)}


@pytest.mark.parametrize("kind", ["found", "register", "activate", "key-add"])
def test_a_house_that_cannot_be_read_is_named_and_all_that_rests_on_it_goes_on(copy: str, kind: str) -> None:
    place = f"shard = 0 AND kind = '{kind}' AND refusal IS NULL"
    spoil(copy, f"UPDATE entries SET leaf = replace(leaf, 'time', 'tine') WHERE {place}")
    found = {finding.check for finding in fsck(copy)}
    assert Check.LEAF_TEXT in found
    assert found & {Check.DECIDED_AGAIN, Check.KEYS, Check.ENGINE}


def test_a_missing_entry_is_a_gap(copy: str) -> None:
    spoil(copy, f"DELETE FROM entries WHERE (shard, index) = (1, {ISSUE})")
    assert Check.NUMBERS in {finding.check for finding in fsck(copy)}


def test_erased_payloads_of_members_are_no_finding_and_their_leaves_are_still_decided(copy: str) -> None:
    spoil(copy, "DELETE FROM payloads WHERE shard > 0")
    report = Report()
    assert list(fsck(copy, report=report)) == []
    assert len(report.remarks) == 1
    assert report.tried[Check.DECIDED_AGAIN].count == report.tried[Check.KEYS].count


def test_some_erased_payloads_leave_the_others_checked(copy: str) -> None:
    spoil(
        copy,
        "DELETE FROM payloads p USING entries e WHERE (p.shard, p.index) = (e.shard, e.index) AND kind = 'enrol'",
    )
    assert list(fsck(copy)) == []
