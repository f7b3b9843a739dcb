"""Reads of what partners owe each other: as it grows, and posting by posting."""

import asyncio
import base64
import struct
from collections.abc import AsyncGenerator
from contextlib import aclosing

from coalition.api.v1 import settlement_pb2
from coalition.gateway.admission import Admitted, named_partner
from coalition.gateway.following_debts import Told
from coalition.gateway.means import Means
from coalition.wire.strict import invalid, read_partner_id
from settlement.database import GATEWAY, connect
from settlement.errors import CoalitionError
from settlement.house.state import House
from settlement.statements.drilling import FIRST_PLACE, Place, Posting, postings_between
from settlement.statements.reading import ranges_of_cycle

PAGE_MAX = 1_000
_PLACE_FORMAT = ">hqh"


async def follow_obligations(
    means: Means, admitted: Admitted
) -> AsyncGenerator[settlement_pb2.FollowObligationsResponse]:
    """A partner's obligations of the open cycle as they grow, for as long as the caller's key lives."""
    partner = named_partner(admitted)
    async with means.reading() as (_, house):
        network = house.founded
    _check_known(house, partner, "partner_id")
    async with aclosing(means.debt_follower.follow(admitted.caller.partner, partner)) as followed:
        async for told in followed:
            means.check_key(admitted.sealed.keyid)
            yield _response(told, network.currency)


def _response(told: Told, currency: str) -> settlement_pb2.FollowObligationsResponse:
    response = settlement_pb2.FollowObligationsResponse(
        currency=currency,
        cycle=told.cycle,
        whole=told.whole,
        net_micros=str(told.net_micros),
        closed=told.closed,
    )
    for (debtor, creditor), found in told.sums:
        response.obligations.add(
            debtor=debtor, creditor=creditor, amount_micros=str(found.micros), count=found.postings
        )
    return response


async def list_postings(means: Means, admitted: Admitted) -> settlement_pb2.ListPostingsResponse:
    """One page of the postings between a partner and another in a closed cycle."""
    request, partner = admitted.message, named_partner(admitted)
    other = read_partner_id(request.counterparty, "counterparty")
    if not 0 <= request.page_size <= PAGE_MAX:
        raise invalid("page_size", f"from 0 to {PAGE_MAX}")
    after, most = _read_token(request.page_token), request.page_size or PAGE_MAX
    async with means.reading() as (_, house):
        _check_known(house, partner, "partner_id")
        _check_known(house, other, "counterparty")
    postings = await asyncio.to_thread(
        _postings, means.dsn, house, request.cycle, (partner, other), after, most
    )
    response = settlement_pb2.ListPostingsResponse()
    for each in postings:
        response.postings.add(
            shard=each.shard,
            entry_number=each.index,
            kind=each.kind,
            purpose=each.purpose,
            debtor=each.debtor,
            creditor=each.creditor,
            amount_micros=each.micros,
        )
    if len(postings) == most:
        response.next_page_token = _write_token(postings[-1].place)
    return response


def _postings(
    dsn: str, house: House, cycle: int, pair: tuple[str, str], after: Place, most: int
) -> list[Posting]:
    with connect(dsn, GATEWAY) as connection:
        ranges = ranges_of_cycle(connection, house, cycle)
        return postings_between(connection, house, ranges, *pair, after=after, most=most)


def _check_known(house: House, partner: str, field: str) -> None:
    if partner not in house.partners:
        raise CoalitionError("PARTNER_NOT_FOUND", f"no partner {partner!r} is registered", field=field)


def _write_token(place: Place) -> str:
    return base64.urlsafe_b64encode(struct.pack(_PLACE_FORMAT, *place)).decode()


def _read_token(token: str) -> Place:
    """Behind which posting to go on. Whatever it says, no more is shown than the question allows."""
    if not token:
        return FIRST_PLACE
    try:
        shard, index, position = struct.unpack(
            _PLACE_FORMAT, base64.b64decode(token, altchars=b"-_", validate=True)
        )
    except (ValueError, struct.error):
        raise invalid("page_token", "the next_page_token of the page before, unchanged") from None
    return shard, index, position
