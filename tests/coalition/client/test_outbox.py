import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from coalition.client import Client, ClientError, Outbox
from coalition.wire.envelope import seal
from coalition.wire.methods import payload_type_of
from settlement.signing import new_key
from tests.coalition.client.peer import MEMBER, Peer


def test_the_first_envelope_of_an_act_stays(outbox: Outbox) -> None:
    first = outbox.keep("bakery", "a", b"one")
    assert outbox.keep("bakery", "a", b"two") == first == outbox.find("bakery", "a")
    assert outbox.keep("florist", "a", b"two").envelope == b"two"


def test_what_is_not_answered_is_pending_in_order(outbox: Outbox) -> None:
    kept = [outbox.keep("bakery", str(n), b"e%d" % n) for n in (3, 1, 2)]
    other = outbox.keep("florist", "9", b"f")
    outbox.answer(kept[1], b"receipt")
    assert outbox.pending() == [kept[0], kept[2], other]
    assert outbox.pending("florist") == [other]


def test_receipts_come_with_the_requests_they_answer(outbox: Outbox) -> None:
    for n in range(2_500):
        kept = outbox.keep("bakery", str(n), b"e%d" % n)
        if n % 5:
            outbox.answer(kept, b"r%d" % n)
    expected = [(b"e%d" % n, b"r%d" % n) for n in range(2_500) if n % 5]
    assert list(outbox.receipts()) == expected


def test_forgetting_lets_an_act_id_be_used_afresh(outbox: Outbox) -> None:
    outbox.forget(outbox.keep("bakery", "a", b"one"))
    assert outbox.find("bakery", "a") is None
    assert outbox.keep("bakery", "a", b"two").envelope == b"two"


def test_an_answered_act_is_never_forgotten(outbox: Outbox) -> None:
    kept = outbox.keep("bakery", "a", b"one")
    outbox.answer(kept, b"receipt")
    outbox.forget(kept)
    assert list(outbox.receipts()) == [(b"one", b"receipt")]


def test_news_of_older_bytes_does_not_touch_newer_ones(outbox: Outbox) -> None:
    old = outbox.keep("bakery", "a", b"one")
    outbox.forget(old)
    new = outbox.keep("bakery", "a", b"two")
    outbox.forget(old)
    outbox.answer(old, b"receipt")
    assert outbox.pending() == [new]


def test_what_is_kept_outlives_the_outbox(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o") as outbox:
        kept = outbox.keep("bakery", "a", b"one")
    with Outbox(tmp_path / "o", durable=True) as outbox:
        assert outbox.pending() == [kept]


def test_one_in_memory_forgets_what_is_answered() -> None:
    with Outbox.in_memory() as outbox:
        outbox.answer(outbox.keep("bakery", "a", b"one"), b"receipt")
        kept = outbox.keep("bakery", "b", b"two")
        assert (outbox.find("bakery", "a"), outbox.pending()) == (None, [kept])


def test_all_its_files_are_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with Outbox(tmp_path / "o") as outbox:
            outbox.keep("bakery", "a", b"one")
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"o": 0o600, "o-wal": 0o600, "o-shm": 0o600}


def test_a_file_that_others_can_open_is_refused(tmp_path: Path) -> None:
    Outbox(tmp_path / "o").close()
    (tmp_path / "o").chmod(0o644)
    with pytest.raises(ClientError, match="chmod 600"):
        Outbox(tmp_path / "o")


@pytest.mark.parametrize("shared", [True, False], ids=["one outbox", "one each"])
def test_threads_agree_on_one_envelope_per_act(tmp_path: Path, shared: bool) -> None:
    first = Outbox(tmp_path / "o")
    outboxes = [first if shared else Outbox(tmp_path / "o") for _ in range(4)]

    def worker(number: int) -> Callable[[], list[bytes]]:
        outbox = outboxes[number]
        return lambda: [outbox.keep("bakery", str(n), b"%d-%d" % (number, n)).envelope for n in range(100)]

    with ThreadPoolExecutor(4) as pool:
        answers = [future.result() for future in [pool.submit(worker(number)) for number in range(4)]]
    assert answers[0] == answers[1] == answers[2] == answers[3]
    for outbox in {first, *outboxes}:
        outbox.close()


def test_a_damaged_file_is_an_error_of_sqlite_whatever_its_message_quotes(tmp_path: Path) -> None:
    path = tmp_path / "o"
    Outbox(path).close()
    whole = path.read_bytes()
    for name in (b"CREATE", b"partner_id", b"strict", b"sqlite_autoindex"):
        for damage in (b"\x80", b"\xff", b'"\xc3'):
            path.write_bytes(whole.replace(name, damage.ljust(len(name), b"x")))
            with pytest.raises(sqlite3.Error), Outbox(path) as outbox:
                outbox.pending()


async def test_what_is_no_request_is_not_sent_again(peer: Peer, outbox: Outbox) -> None:
    good = seal(new_key(), payload_type_of("IssueRequest"), b"\x10\x05")
    for number, envelope in enumerate((b"\xff", b"", seal(new_key(), "other", b"x"), good[:-1], good[10:])):
        outbox.keep("bakery", str(number), envelope)
        async with Client(peer.identity(), outbox=outbox) as client:
            with pytest.raises(ClientError) as resent:
                await client.resend(act_id=str(number))
            with pytest.raises(ClientError) as asked:
                await client.issue(member=MEMBER, amount=5, act_id=str(number))
        assert resent.value.reason == asked.value.reason == "OUTBOX_INVALID"
    assert peer.calls == []
