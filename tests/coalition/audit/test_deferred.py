"""What is too small to be paid: statements say so, say it again in the next cycle, and lead to the entry that made it."""

import asyncio
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from coalition.api.v1 import exchange_pb2, settlement_pb2
from coalition.audit.bundle import export_bundle
from coalition.audit.fsck import fsck
from settlement.database import READER, connect
from settlement.house.tariff import Tariff
from settlement.journal.leaf import HOUSE
from settlement.ledger.memory import load_house
from settlement.statements.build import statement
from settlement.statements.drilling import postings_between
from settlement.statements.reading import ranges_of_cycle, read_cycle_book
from settlement.statements.spelling import to_csv, to_json
from settlement.statements.tables import read_told
from tests.support import postgres
from tests.support.small_history import change_tariff
from tests.support.small_network import ANN, BOB, OPERATOR, SmallNetwork, points


async def _two_cycles(dsn: str, log: Path) -> None:
    """Of the bakery's points 0.60 are spent at the cinema and 1.50 at the cafe, then 0.50 at the cinema."""
    async with SmallNetwork.found(dsn, log) as network:
        for partner in ("bakery", "cinema", "cafe"):
            await network.take_in(partner)
        member = await network.enrol("bakery", 1, b"a" * 32)
        await change_tariff(network, Tariff(10_000, minimum_payment_minor=100))
        await network.ask(1, "bakery", exchange_pb2.IssueRequest(**points(member, 900)))
        for cycle, spent in ((1, {"cinema": 60, "cafe": 150}), (2, {"cinema": 50})):
            for who, amount in spent.items():
                await network.ask(1, who, exchange_pb2.RedeemRequest(**points(member, amount)))
            await network.close_cycle(cycle, f"2026-0{cycle}")
            proposal = await network.proposal(cycle)
            await network.ask(HOUSE, ANN, settlement_pb2.ProposeRequest(proposal=proposal))
            approving = settlement_pb2.ApproveRequest(proposal_sha256=sha256(proposal).digest())
            assert (await network.ask(HOUSE, BOB, approving)).refusal is None
        await network.publisher().publish()


@pytest.fixture(scope="module")
def dsn(server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    dsn = postgres.new_books()
    asyncio.run(_two_cycles(dsn, tmp_path_factory.mktemp("deferred") / "log"))
    yield dsn
    postgres.drop_database(dsn)


def said(dsn: str, cycle: int, partner: str) -> dict[str, Any]:
    with connect(dsn, READER) as connection:
        told = statement(read_cycle_book(connection, load_house(connection), cycle), partner)
    document: dict[str, Any] = json.loads(to_json(told))
    assert f"outcome,{document['outcome']},{document['due']},".encode() in to_csv(told)
    return document


def test_the_statement_says_that_nothing_is_due_of_it_now(dsn: str) -> None:
    for partner, expected in (
        ("cinema", ("deferred", "0.00", "-0.60")),
        ("cafe", ("is paid", "1.50", "-1.50")),
        ("bakery", ("pays", "2.10", "2.10")),
    ):
        document = said(dsn, 1, partner)
        assert (document["outcome"], document["due"], document["net"]) == expected
    told = read_told(json.dumps(said(dsn, 1, "cinema")).encode())
    assert told.outcome == "Cinema: 0.60 EUR are too little to be paid, and go into the next cycle"


def test_the_next_statement_names_it_and_what_is_due_of_all(dsn: str) -> None:
    cinema, operator = said(dsn, 2, "cinema"), said(dsn, 2, OPERATOR)
    assert (cinema["outcome"], cinema["due"], cinema["opening"], cinema["settled"]) == (
        "is paid",
        "1.10",
        "-0.60",
        "-0.60",
    )
    assert cinema["purposes"]["deferred"]["owed"] == {"amount": "0.600000", "count": 1}
    assert operator["purposes"]["deferred"]["owes"] == {"amount": "0.600000", "count": 1}
    assert said(dsn, 2, "bakery")["outcome"] == "deferred"
    assert (operator["net"], operator["due"]) == ("0.60", "1.10")


def test_it_is_explained_by_the_approval(dsn: str) -> None:
    with connect(dsn, READER) as connection:
        house = load_house(connection)
        ranges = ranges_of_cycle(connection, house, 2)
        [posting] = postings_between(connection, house, ranges, "cinema", OPERATOR)
    assert (posting.shard, posting.index) == (HOUSE, house.settlements[1].approved_at)
    assert (posting.debtor, posting.purpose, posting.micros) == (OPERATOR, "deferred", 600_000)


def test_the_books_and_the_evidence_agree(dsn: str, tmp_path: Path) -> None:
    assert list(fsck(dsn, processes=0)) == []
    assert export_bundle(dsn, tmp_path / "bundle.zip").ok
