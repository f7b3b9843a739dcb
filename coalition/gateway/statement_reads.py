"""Reads of statements."""

import asyncio

from coalition.api.v1 import settlement_pb2
from coalition.gateway.admission import Admitted, named_partner
from coalition.gateway.means import Means
from settlement.database import GATEWAY, connect
from settlement.house.state import House
from settlement.statements.build import statement
from settlement.statements.reading import read_cycle_book
from settlement.statements.spelling import to_csv, to_json


async def get_statement(means: Means, admitted: Admitted) -> settlement_pb2.GetStatementResponse:
    """The exact bytes of a statement. Errors CYCLE_NOT_FOUND, CYCLE_NOT_CLOSED, PARTNER_NOT_FOUND."""
    partner = named_partner(admitted)
    async with means.reading() as (_, house):
        pass
    json, csv = await asyncio.to_thread(_documents, means.dsn, house, admitted.message.cycle, partner)
    return settlement_pb2.GetStatementResponse(json=json, csv=csv)


def _documents(dsn: str, house: House, cycle: int, partner: str) -> tuple[bytes, bytes]:
    with connect(dsn, GATEWAY) as connection:
        told = statement(read_cycle_book(connection, house, cycle), partner)
    return to_json(told), to_csv(told)
