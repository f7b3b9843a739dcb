"""The door log counts every call that failed, says by whom and why, and stays small whatever is sent."""

import json
import uuid
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from coalition.api.v1.envelope_pb2 import Envelope
from coalition.api.v1.exchange_pb2 import GetBalanceRequest
from coalition.gateway import door_log
from coalition.gateway.door_log import FILE_BYTES_MAX, FILES, KINDS_MAX, Count, DoorLog, read_door_log
from coalition.wire.envelope import seal
from settlement.errors import CoalitionError
from settlement.signing import new_key
from tests.support.door import Door

BALANCE = "/coalition.api.v1.ExchangeService/GetBalance"
UNKNOWN = CoalitionError("KEY_UNKNOWN", "no key of this network has this keyid")


def counted(log: DoorLog, folder: Path) -> dict[tuple[str | None, str | None, str], int]:
    """Calls by caller or address, and reason."""
    log.flush()
    return {(c.kind.partner, c.kind.address, c.kind.reason): c.count for c in read_door_log(folder)}


def fail(log: DoorLog, address: str, data: bytes = b"") -> None:
    log.count(UNKNOWN, method="ExchangeService/Issue", partner=None, address=address, data=data)


def test_a_failed_call_is_counted_by_partner_or_by_address_until_the_partner_is_known(
    tmp_path: Path, database_url: str
) -> None:
    with Door.opened(tmp_path, database_url) as door:
        unknown = Envelope.FromString(door.sealed("bakery", door.complete("bakery", GetBalanceRequest())))
        unknown.signatures[0].keyid = "ab" * 32
        for _ in range(3):
            door.ask("grocer", GetBalanceRequest(member_id=str(uuid.uuid4()))).is_error("MEMBER_NOT_FOUND")
        door.call(BALANCE, unknown.SerializeToString()).is_error("KEY_UNKNOWN")
        door.call(BALANCE, b"").is_error("PAYLOAD_MALFORMED")
        door.ask("bakery-old", GetBalanceRequest(member_id=door.member)).is_error("KEY_REVOKED")
        revoked = door.signers["bakery-old"].keyid[:16]
        assert door.ask("bakery", GetBalanceRequest(member_id=door.member)).code == "OK"
    kinds = {
        (count.kind.partner, count.kind.address, count.kind.keyid, count.kind.reason): count.count
        for count in read_door_log(door.server.site.door)
    }
    assert kinds == {
        ("grocer", None, None, "MEMBER_NOT_FOUND"): 3,
        (None, "127.0.0.1", "ab" * 8, "KEY_UNKNOWN"): 1,
        (None, "127.0.0.1", None, "PAYLOAD_MALFORMED"): 1,
        (None, "127.0.0.1", revoked, "KEY_REVOKED"): 1,
    }
    assert (door.server.site.door.stat().st_mode & 0o777) == 0o700


def test_kinds_beyond_the_bound_are_counted_together(tmp_path: Path) -> None:
    log = DoorLog(tmp_path)
    for number in range(3 * KINDS_MAX):
        fail(log, f"2001:db8::{number:x}/64")
    fail(log, "2001:db8::0/64")
    log.count(UNKNOWN, method="ExchangeService/Issue", partner="bakery", address="192.0.2.1", data=b"")
    counts = counted(log, tmp_path)
    assert len(counts) == KINDS_MAX + 2
    assert counts["bakery", None, "KEY_UNKNOWN"] == 1, "strangers do not hide a partner"
    assert counts[None, "2001:db8::0/64", "KEY_UNKNOWN"] == 2
    assert counts[None, None, "KEY_UNKNOWN"] == 2 * KINDS_MAX


def test_the_files_stay_below_their_bound_and_the_newest_counts_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_log, "FILE_BYTES_MAX", 4_096)
    log = DoorLog(tmp_path)
    for number in range(1_000):
        fail(log, f"192.0.2.{number}")
        log.flush()
    files = list(tmp_path.iterdir())
    assert len(files) == FILES
    assert sum(file.stat().st_size for file in files) <= FILES * 4_096
    addresses = [count.kind.address for count in read_door_log(tmp_path)]
    assert addresses == [f"192.0.2.{number}" for number in range(1_000 - len(addresses), 1_000)]
    assert len(addresses) > 50


def test_the_bound_in_earnest_is_a_few_mebibytes() -> None:
    assert FILES * FILE_BYTES_MAX <= 8 << 20


@pytest.mark.parametrize("keyid", ["", "4000 1234 1234 1234", "AB" * 32, "ab" * 31, "ab" * 500])
def test_a_keyid_that_is_none_is_not_repeated(tmp_path: Path, keyid: str) -> None:
    envelope = Envelope.FromString(seal(new_key(), "x", b"a payload"))
    envelope.signatures[0].keyid = keyid
    log = DoorLog(tmp_path)
    fail(log, "192.0.2.1", envelope.SerializeToString())
    log.flush()
    assert [count.kind.keyid for count in read_door_log(tmp_path)] == [None]


def test_a_line_that_a_crash_cut_short_is_passed_over(tmp_path: Path) -> None:
    log = DoorLog(tmp_path)
    fail(log, "192.0.2.1")
    log.flush()
    [file] = tmp_path.iterdir()
    whole = file.read_text()
    file.write_text("\n" + whole[: len(whole) // 2] + "\n" + json.dumps({"kind": 7}) + "\n" + whole)
    assert [count.count for count in read_door_log(tmp_path)] == [1]


def test_a_folder_that_takes_nothing_costs_no_call(tmp_path: Path) -> None:
    (tmp_path / "door").write_text("a file is in the way")
    log = DoorLog(tmp_path / "door")
    fail(log, "192.0.2.1")
    with capture_logs() as lines:
        log.flush()
    assert [line["event"] for line in lines] == ["door_log_unwritable"]
    fail(log, "192.0.2.1")


def test_without_a_folder_counts_are_forgotten() -> None:
    log = DoorLog()
    for _ in range(3):
        fail(log, "192.0.2.1")
        log.flush()
    assert not log._counts


def test_a_folder_that_is_not_there_holds_no_count(tmp_path: Path) -> None:
    empty: list[Count] = []
    assert list(read_door_log(tmp_path / "none")) == empty
