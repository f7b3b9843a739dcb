"""Reads of statements."""

import asyncio
from typing import Any

from coalition.api.v1 import settlement_pb2
from coalition.gateway.admission import Admitted
from coalition.gateway.means import Means
from coalition.wire.strict import invalid, read_partner_id
from settlement.database import GATEWAY, connect
from settlement.house.state import House
from settlement.statements.build import statement
from settlement.statements.reading import read_cycle_book
from settlement.statements.spelling import to_csv, to_json


async def get_statement(means: Means, admitted: Admitted) -> settlement_pb2.GetStatementResponse:
    """The exact bytes of a statement. Errors CYCLE_NOT_FOUND, CYCLE_NOT_CLOSED, PARTNER_NOT_FOUND."""
    partner = _owner(admitted)
    async with means.reading() as (_, house):
        pass
    json, csv = await asyncio.to_thread(_documents, means.dsn, house, admitted.message.cycle, partner)
    return settlement_pb2.GetStatementResponse(json=json, csv=csv)


def _documents(dsn: str, house: House, cycle: int, partner: str) -> tuple[bytes, bytes]:
    with connect(dsn, GATEWAY) as connection:
        told = statement(read_cycle_book(connection, house, cycle), partner)
    return to_json(told), to_csv(told)


def _owner(admitted: Admitted) -> str:
    """Whose statement is asked for: a partner's own, or, for the operator, anyone's."""
    request: Any = admitted.message
    if admitted.caller.is_operator:
        return read_partner_id(request.partner_id, "partner_id")
    if request.partner_id not in ("", admitted.caller.partner):
        raise invalid("partner_id", "empty, or the caller's own id")
    return admitted.caller.partner
