"""What a running server tells Prometheus: calls as they were answered, and where queues and journal stand."""

import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from coalition.api.v1.envelope_pb2 import ErrorReason, RefusalReason
from coalition.api.v1.exchange_pb2 import GetBalanceRequest, IssueRequest, RedeemRequest
from coalition.wire.methods import METHODS
from settlement.clock import now_us
from settlement.errors import CoalitionError
from tests.support.certificates import Certificates
from tests.support.door import Door
from tests.support.network import new_site, start_server
from tests.support.postgres import drop_database, new_books
from tests.support.serving import ROOT, free_port

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]
ISSUE, REDEEM, BALANCE = (f"ExchangeService/{name}" for name in ("Issue", "Redeem", "GetBalance"))


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, str]]:
    """A server, and where it shows its metrics."""
    dsn = new_books()
    address = f"127.0.0.1:{free_port()}"
    with Door.opened(tmp_path_factory.mktemp("site"), dsn, metrics=address) as door:
        yield door, address
    drop_database(dsn)


def scrape(address: str) -> Series:
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(series: Series, name: str, **labels: str) -> float:
    return series.get((name, frozenset(labels.items())), 0.0)


def act(door: Door, request: IssueRequest | RedeemRequest) -> str | None:
    request.occurred_at.FromMicroseconds(now_us())
    return door.outcome(door.ask("bakery", request)).refusal


def test_calls_are_counted_by_method_outcome_and_reason(scraped: tuple[Door, str]) -> None:
    door, address = scraped
    before = scrape(address)
    for _ in range(3):
        assert act(door, IssueRequest(member_id=door.member, amount=5)) is None
    assert act(door, RedeemRequest(member_id=door.member, amount=10**9)) == "INSUFFICIENT_POINTS"
    door.ask("bakery", GetBalanceRequest(member_id="nobody")).is_error("FIELD_INVALID")
    after = scrape(address)

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert more("coalition_calls_total", method=ISSUE, outcome="ok", reason="") == 3
    assert more("coalition_calls_total", method=REDEEM, outcome="refused", reason="INSUFFICIENT_POINTS") == 1
    assert more("coalition_calls_total", method=BALANCE, outcome="failed", reason="FIELD_INVALID") == 1
    assert more("coalition_call_seconds_count", method=ISSUE) == 3
    assert 0 < more("coalition_call_seconds_sum", method=ISSUE) < 60
    assert more("coalition_batch_acts_sum", shard="1") == 4
    assert more("coalition_entries_total", shard="1") == 4


def test_the_journal_and_its_checkpoint_are_told(scraped: tuple[Door, str]) -> None:
    door, address = scraped
    act(door, IssueRequest(member_id=door.member, amount=5))
    ends = time.monotonic() + 20
    while value(series := scrape(address), "coalition_unpublished_seconds") and time.monotonic() < ends:
        time.sleep(0.1)
    with psycopg.connect(door.dsn) as connection:
        row = connection.execute("SELECT max(size) FROM checkpoints").fetchone()
        sizes = connection.execute("SELECT shard, size FROM shards").fetchall()
    assert row is not None
    assert value(series, "coalition_checkpoint_entries") == row[0]
    assert time.time() - value(series, "coalition_checkpoint_timestamp_seconds") < 60
    assert {shard: value(series, "coalition_entries_total", shard=str(shard)) for shard, _ in sizes} == dict(
        sizes
    )
    assert value(series, "coalition_books_up") == 1


def test_an_entry_that_waits_for_its_checkpoint_grows_old(scraped: tuple[Door, str]) -> None:
    """The worker is kept from the house's row, without which it can publish nothing."""
    door, address = scraped
    with psycopg.connect(door.dsn) as holder:
        holder.execute("SELECT FROM shards WHERE shard = 0 FOR UPDATE")
        act(door, IssueRequest(member_id=door.member, amount=5))
        time.sleep(1.5)
        assert 1.0 < value(scrape(address), "coalition_unpublished_seconds") < 60


def test_gauges_of_this_process_are_there(scraped: tuple[Door, str]) -> None:
    _, address = scraped
    before = scrape(address)
    for shard in ("0", "1"):
        assert ("coalition_acts_waiting", frozenset({("shard", shard)})) in before
        assert value(before, "coalition_lane_connections_total", shard=shard) >= 1
    assert ("coalition_calls_under_way", frozenset()) in before
    assert value(before, "process_resident_memory_bytes") > 1 << 20
    time.sleep(1.2)
    more = value(scrape(address), "coalition_house_refreshes_total") - value(
        before, "coalition_house_refreshes_total"
    )
    assert more >= 1


def test_the_page_for_operators_names_every_metric_and_no_other(tmp_path: Path, database_url: str) -> None:
    address = f"127.0.0.1:{free_port()}"
    files = Certificates.made(tmp_path / "certificates").files
    server = start_server(new_site(tmp_path / "site", database_url), tls=files, metrics=address)
    ends = r"_(?:bucket|count|sum)$"
    shown = {re.sub(ends, "", name) for name, _ in scrape(address) if name.startswith("coalition_")}
    server.stop()
    page = (ROOT / "docs/operations.md").read_text().partition("\n## Metrics\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE)) == shown


def test_no_label_has_a_value_that_a_caller_may_choose(scraped: tuple[Door, str]) -> None:
    door, address = scraped
    for number in range(20):
        door.ask("bakery", GetBalanceRequest(member_id=f"nobody-{number}")).is_error("FIELD_INVALID")
        door.call(f"/coalition.api.v1.ExchangeService/Method{number}", b"")
        door.call(f"/coalition.api.v1.{BALANCE}", f"stranger {number}".encode())
    reasons = {
        name.partition("_REASON_")[2]
        for kind in (ErrorReason, RefusalReason)
        for name in kind.keys()  # noqa: SIM118
    }
    known = {
        "method": {path.rpartition(".")[2] for path in METHODS},
        "outcome": {"ok", "refused", "failed"},
        "reason": reasons | {""},
        "shard": {"0", "1"},
    }
    for name, labels in scrape(address):
        for label, text in labels:
            assert label == "le" or text in known[label], name


def test_books_that_are_away_are_told_and_the_rest_goes_on(tmp_path: Path, database_url: str) -> None:
    address = f"127.0.0.1:{free_port()}"
    with Door.opened(tmp_path, database_url, metrics=address) as door:
        with psycopg.connect(door.dsn, autocommit=True) as owner:
            owner.execute("ALTER TABLE checkpoints RENAME TO hidden")
            series = scrape(address)
            owner.execute("ALTER TABLE hidden RENAME TO checkpoints")
        assert value(series, "coalition_books_up") == 0
        assert ("coalition_entries_total", frozenset({("shard", "1")})) not in series
        assert value(series, "coalition_calls_total", method=ISSUE, outcome="ok", reason="") == 1
        assert value(scrape(address), "coalition_books_up") == 1


def test_the_end_of_a_certificate_is_told(tmp_path: Path, database_url: str) -> None:
    address = f"127.0.0.1:{free_port()}"
    files = Certificates.made(tmp_path / "certificates").files
    server = start_server(new_site(tmp_path / "site", database_url), tls=files, metrics=address)
    name = "coalition_certificate_expiry_timestamp_seconds"
    for certificate, ends_s in files.read().expires_s.items():
        assert value(scrape(address), name, certificate=certificate) == ends_s
    server.stop()


def test_an_address_in_use_is_told(tmp_path: Path, database_url: str, scraped: tuple[Door, str]) -> None:
    _, address = scraped
    with pytest.raises(CoalitionError, match="--metrics") as caught:
        start_server(new_site(tmp_path, database_url), metrics=address)
    assert caught.value.reason == "LISTEN_FAILED"
