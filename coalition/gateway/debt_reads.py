"""Reads of what partners owe each other, as it grows."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from coalition.api.v1 import settlement_pb2
from coalition.gateway.admission import Admitted, named_partner
from coalition.gateway.following_debts import Told
from coalition.gateway.means import Means
from settlement.errors import CoalitionError


async def follow_obligations(
    means: Means, admitted: Admitted
) -> AsyncGenerator[settlement_pb2.FollowObligationsResponse]:
    """A partner's obligations of the open cycle as they grow, for as long as the caller's key lives."""
    partner = named_partner(admitted)
    async with means.reading() as (_, house):
        network = house.founded
    if partner not in house.partners:
        raise CoalitionError("PARTNER_NOT_FOUND", f"no partner {partner!r} is registered", field="partner_id")
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
