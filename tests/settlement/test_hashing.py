"""The process that hashes statements says what would be said here, and its end is not the worker's."""

import asyncio
from pathlib import Path

import pytest

from coalition.api.v1 import exchange_pb2, settlement_pb2
from settlement.errors import UnavailableError
from settlement.journal.leaf import HOUSE
from settlement.statements.recording import Document
from settlement.worker.hashing import HashingProcess, hash_here
from tests.support.postgres import drop_database, new_books
from tests.support.small_network import OPERATOR, SmallNetwork, points

NO_CYCLE = 9


async def answer(hashing: HashingProcess, network: SmallNetwork, cycle: int) -> list[Document]:
    """Asks until there is an answer, as the worker does."""
    while (found := await hashing(network.worker, network.memory.house, cycle)) is None:  # noqa: ASYNC110 - a process answers
        await asyncio.sleep(0.1)
    return found


async def test_what_it_began_for_one_cycle_is_no_answer_for_another(tmp_path: Path) -> None:
    """Another server may have named the statements of the first meanwhile."""
    dsn = new_books()
    async with SmallNetwork.found(dsn, tmp_path, shards=1) as network:
        await network.take_in("bakery")
        member = await network.enrol("bakery", 1)
        for cycle in (1, 2):
            await network.ask(1, "bakery", exchange_pb2.IssueRequest(**points(member, 100)))
            await network.ask(HOUSE, OPERATOR, settlement_pb2.CloseCycleRequest(cycle=cycle))
            await network.publisher().cut()
        house = await network.memory.refresh(network.worker)
        hashing = HashingProcess(lambda: dsn)
        assert await hashing(network.worker, house, 1) is None
        here = network.publisher()
        await here.cut()
        await here.record_statements()
        house = await network.memory.refresh(network.worker)
        assert house.recorded_cycles == 1
        assert await answer(hashing, network, 2) == await hash_here(network.worker, house, 2)
    drop_database(dsn)


async def test_it_answers_in_its_time_and_its_end_is_an_error(tmp_path: Path) -> None:
    dsn = new_books()
    async with SmallNetwork.found(dsn, tmp_path, shards=1) as network:
        await network.take_in("bakery")
        member = await network.enrol("bakery", 1)
        await network.ask(1, "bakery", exchange_pb2.IssueRequest(**points(member, 100)))
        await network.ask(HOUSE, OPERATOR, settlement_pb2.CloseCycleRequest(cycle=1))
        await network.publisher().cut()
        house = await network.memory.refresh(network.worker)
        hashing = HashingProcess(lambda: dsn)
        assert await hashing(network.worker, house, 1) is None
        assert await answer(hashing, network, 1) == await hash_here(network.worker, house, 1)
        with pytest.raises(UnavailableError):
            await answer(hashing, network, NO_CYCLE)
    drop_database(dsn)
