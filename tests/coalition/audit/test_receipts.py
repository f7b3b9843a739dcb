"""A partner's receipts against the journal: each kept promise is counted, each broken one named."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from coalition.audit.bundle import export_bundle
from coalition.audit.checks import Check
from coalition.audit.verify import verify_bundle
from coalition.client import BlockingClient, Identity, Outbox
from tests.support import postgres
from tests.support.network import new_site, onboard, start_server

Held = list[tuple[bytes, bytes]]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Held, Held]]:
    """A bundle, the receipts given before it was written, and one given after."""
    folder, dsn = tmp_path_factory.mktemp("receipts"), postgres.new_books()
    server = start_server(new_site(folder, dsn))
    try:
        identity: Identity = onboard(server, "bakery")
        with Outbox(folder / "outbox") as outbox, BlockingClient(identity, outbox=outbox) as bakery:
            member = bakery.enrol().member or ""
            bakery.issue(member=member, amount=10)
            bakery.redeem(member=member, amount=11)
            before = list(outbox.receipts())
            server.stop()
            export_bundle(dsn, folder / "bundle.zip")
            server = start_server(server.site)
        with Outbox(folder / "later") as outbox:
            with BlockingClient(onboard(server, "florist"), outbox=outbox) as florist:
                florist.issue(member=member, amount=1)
            after = list(outbox.receipts())
        yield folder / "bundle.zip", before, after
    finally:
        server.stop()
        postgres.drop_database(dsn)


def test_every_receipt_held_is_in_the_journal(kept: tuple[Path, Held, Held]) -> None:
    bundle, before, _ = kept
    report = verify_bundle(bundle, receipts=before)
    assert report.ok, report.findings
    assert report.tried[Check.RECEIPTS].count == len(before) == 3


def test_a_broken_promise_is_named(kept: tuple[Path, Held, Held]) -> None:
    """A receipt beyond the checkpoint, one kept with another request, one with a flipped byte: each is a finding."""
    bundle, before, after = kept
    (first, answer), (second, _) = before[:2]
    spoilt = bytearray(answer)
    spoilt[len(spoilt) // 2] ^= 1
    for wrong in (after[0], (second, answer), (first, bytes(spoilt)), (b"", answer), (first, b"")):
        report = verify_bundle(bundle, receipts=[*before, wrong])
        assert [finding.check for finding in report.findings] == [Check.RECEIPTS]
        assert report.findings[0].where == "receipt 4"
