"""`coalition door` sums up what the door log holds."""

from pathlib import Path

import pytest

from coalition.gateway.door_log import DoorLog
from settlement.errors import CoalitionError
from tests.support.command import run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder that `db init` has begun in."""
    (tmp_path / "keys").mkdir()
    return tmp_path


def fail(log: DoorLog, partner: str | None, reason: str) -> None:
    error = CoalitionError(reason, "a message")
    log.count(error, method="ExchangeService/Issue", partner=partner, address="192.0.2.1", data=b"")


def test_calls_that_failed_are_summed_the_most_frequent_first(data: Path) -> None:
    log = DoorLog(data / "door")
    for _ in range(3):
        fail(log, None, "KEY_UNKNOWN")
        for _ in range(2):
            fail(log, "bakery", "QUEUE_FULL")
        log.flush()
    told = run("door", "--json", data=data)
    shown = [(row["partner_id"], row["address"], row["reason"], row["count"]) for row in told.document]
    assert shown == [("bakery", None, "QUEUE_FULL", 6), (None, "192.0.2.1", "KEY_UNKNOWN", 3)]
    assert told.document[0]["since"] < told.document[0]["until"]
    table = run("door", data=data).out
    assert table.index("bakery") < table.index("192.0.2.1")
    assert [row["count"] for row in run("door", "--hours", 1, "--json", data=data).document] == [6, 3]


def test_what_is_older_than_asked_for_is_left_out(data: Path) -> None:
    log = DoorLog(data / "door")
    fail(log, "bakery", "QUEUE_FULL")
    log.flush()
    file = next((data / "door").iterdir())
    file.write_text(file.read_text().replace('"20', '"19'))
    assert run("door", "--hours", 1, "--json", data=data).document == []
    assert len(run("door", "--json", data=data).document) == 1


def test_nothing_is_said_to_have_failed_where_nothing_did(data: Path) -> None:
    told = run("door", data=data)
    assert (told.code, "no call failed" in told.out) == (0, True)
    assert run("door", "--json", data=data).document == []


def test_where_no_network_is_there_is_no_door(tmp_path: Path) -> None:
    told = run("door", data=tmp_path)
    assert (told.code, "SITE_NOT_FOUND" in told.err) == (1, True)
