"""ListPostings and GetEntry: a partner goes down from its statement to what was signed, and sees nothing else."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from coalition.api.v1.exchange_pb2 import GetEntryRequest, GetEntryResponse
from coalition.api.v1.settlement_pb2 import GetStatementRequest, ListPostingsRequest, ListPostingsResponse
from coalition.client import BlockingClient, RequestRejectedError
from settlement.journal.acts import Outcome
from settlement.money import format_micros
from tests.support.door import Door
from tests.support.postgres import drop_database, new_books


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, list[Outcome]]]:
    """A network of two shards in which the grocer spent the bakery's points and took some back; the cycle is closed."""
    dsn = new_books()
    folder: Path = tmp_path_factory.mktemp("site")
    with Door.opened(folder, dsn, shards=2) as door:
        with BlockingClient(door.identity("grocer")) as grocer:
            spent = [grocer.redeem(member=door.member, amount=amount) for amount in (3, 5, 7, 11)]
            spent.append(grocer.reverse(original_act_id=spent[2].act_id))
        with BlockingClient(door.identity("operator")) as operator:
            operator.close_cycle(cycle=1, label="")
        yield door, spent
    drop_database(dsn)


@pytest.mark.parametrize("who", ["bakery", "grocer", "operator"])
def test_postings_add_up_to_the_statement(closed: tuple[Door, list[Outcome]], who: str) -> None:
    door, spent = closed
    partner = "grocer" if who == "grocer" else "bakery"
    other = "bakery" if partner == "grocer" else "grocer"
    with BlockingClient(door.identity(who)) as client:
        statement = json.loads(client.statement(cycle=1, partner_id=partner).json)
        found = list(client.postings(cycle=1, counterparty=other, partner_id=partner))
    assert [(each.shard, each.entry_number) for each in found] == [(act.shard, act.index) for act in spent]
    assert {each.purpose for each in found} == {"reimbursement"}
    (line,) = statement["counterparties"]
    for side, debtor in (("owes", partner), ("owed", other)):
        micros = sum(each.amount_micros for each in found if each.debtor == debtor)
        assert Decimal(format_micros(micros)) == Decimal(line[side]["amount"])


def test_pages_leave_nothing_out_and_repeat_nothing(closed: tuple[Door, list[Outcome]]) -> None:
    door, spent = closed
    token = ""
    found: list[int] = []
    for _ in range(3):
        request = ListPostingsRequest(cycle=1, counterparty="grocer", page_size=2, page_token=token)
        page = ListPostingsResponse.FromString(door.ask("bakery", request).body)
        found += [each.entry_number for each in page.postings]
        token = page.next_page_token
    assert token == ""
    assert found == [act.index for act in spent]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"partner_id": "grocer"}, "partner_id"),
        ({"counterparty": ""}, "counterparty"),
        ({"counterparty": "Grocer"}, "counterparty"),
        ({"page_size": 1_001}, "page_size"),
        ({"page_size": -1}, "page_size"),
        ({"page_token": "x"}, "page_token"),
        ({"page_token": "AAAA"}, "page_token"),
    ],
)
def test_a_field_that_is_wrong_is_named(
    closed: tuple[Door, list[Outcome]], fields: dict[str, Any], field: str
) -> None:
    whole: dict[str, Any] = {"cycle": 1, "counterparty": "grocer", **fields}
    request = ListPostingsRequest(**whole)
    answer = closed[0].ask("bakery", request)
    answer.is_error("FIELD_INVALID")
    assert answer.field == field


def test_what_is_not_there_is_told(closed: tuple[Door, list[Outcome]]) -> None:
    door, _ = closed
    door.ask("bakery", ListPostingsRequest(cycle=9, counterparty="grocer")).is_error("CYCLE_NOT_FOUND")
    door.ask("bakery", ListPostingsRequest(cycle=2, counterparty="grocer")).is_error("CYCLE_NOT_CLOSED")
    answer = door.ask("bakery", GetStatementRequest(cycle=2, partner_id="bakery"))
    answer.is_error("CYCLE_NOT_CLOSED")
    assert answer.retry_seconds is None, "waiting closes no cycle"
    door.ask("bakery", ListPostingsRequest(cycle=1, counterparty="nobody")).is_error("PARTNER_NOT_FOUND")
    strangers = ListPostingsResponse.FromString(
        door.ask("florist", ListPostingsRequest(cycle=1, counterparty="grocer")).body
    )
    assert list(strangers.postings) == []


def test_an_entry_is_told_to_those_whom_it_concerns_and_the_request_to_whoever_signed(
    closed: tuple[Door, list[Outcome]],
) -> None:
    """By the first redemption the bakery owes; by what the grocer took back it is owed."""
    door, spent = closed
    for act in (spent[0], spent[-1]):
        asked = GetEntryRequest(shard=act.shard, entry_number=act.index)
        told = {who: door.ask(who, asked) for who in ("grocer", "bakery", "operator", "ann")}
        found = {who: GetEntryResponse.FromString(answer.body) for who, answer in told.items()}
        assert {each.entry.leaf for each in found.values()} == {found["grocer"].entry.leaf}
        assert f"act {act.act_id}\n".encode() in found["grocer"].entry.leaf
        signed = found["grocer"].payload
        assert signed
        assert (found["bakery"].payload, found["operator"].payload) == (b"", signed)
        door.ask("florist", asked).is_error("ENTRY_NOT_FOUND")


@pytest.mark.parametrize(("shard", "number"), [(0, 10**6), (1, -1), (77, 0), (2**32 - 1, 2**63 - 1)])
def test_an_entry_that_is_not_there_is_not_found(
    closed: tuple[Door, list[Outcome]], shard: int, number: int
) -> None:
    for who in ("bakery", "operator"):
        closed[0].ask(who, GetEntryRequest(shard=shard, entry_number=number)).is_error("ENTRY_NOT_FOUND")


def test_the_client_says_why_it_was_rejected(closed: tuple[Door, list[Outcome]]) -> None:
    with BlockingClient(closed[0].identity("florist")) as florist:
        with pytest.raises(RequestRejectedError) as caught:
            florist.entry(shard=1, entry_number=0)
        assert caught.value.reason == "ENTRY_NOT_FOUND"
        with pytest.raises(RequestRejectedError) as caught:
            list(florist.postings(cycle=1, counterparty="nobody"))
        assert caught.value.reason == "PARTNER_NOT_FOUND"
