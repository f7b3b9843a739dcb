"""Reads of what is deposited, and of who would bear an unpaid leg."""

from coalition.api.v1 import security_pb2
from coalition.gateway.admission import Admitted
from coalition.gateway.means import Means
from coalition.wire.securities import KINDS, spell_default
from settlement.clearing.defaulting import fall_of, why_no_default
from settlement.clearing.obligations import owed_by
from settlement.errors import CoalitionError
from settlement.house.practice import network_now_us
from settlement.house.security import SECURITIES, account_of


async def get_security(means: Means, admitted: Admitted) -> security_pb2.GetSecurityResponse:
    """What is deposited and capped: of the caller, or for the operator of everyone."""
    async with means.reading() as (_, house):
        response = security_pb2.GetSecurityResponse(currency=house.founded.currency)
    caller, security = admitted.caller, house.security
    for name in sorted(house.partners) if caller.is_operator else (caller.partner,):
        for kind in SECURITIES:
            if account_of(kind, name) in security.funds and (kind != "capital" or name == house.operator):
                response.held.add(participant=name, kind=KINDS[kind], amount_minor=security.of(kind, name))
        if name in security.caps:
            response.caps.add(participant=name, cap_minor=security.caps[name])
    return response


async def preview_default(means: Means, admitted: Admitted) -> security_pb2.PreviewDefaultResponse:
    """The proposal that the books make for an overdue leg."""
    number, participant = admitted.message.settlement, admitted.message.participant
    async with means.reading() as (connection, house):
        settlement = house.settlements.get(number)
        refusal = why_no_default(house, settlement, participant, network_now_us(house))
        if settlement is None or refusal is not None:
            message = f"{participant} has no overdue leg in settlement {number}: {refusal}"
            raise CoalitionError("LEG_NOT_FOUND", message, field="participant")
        owed = await owed_by(connection, house, settlement.cycle, participant)
        assert owed is not None, "a settlement is approved once its cycle is cut"
    network = house.founded
    fall = fall_of(house, {settlement.cycle: owed}, settlement, participant)
    exact = spell_default(network.origin, number, participant, network.currency, fall)
    return security_pb2.PreviewDefaultResponse(proposal=exact)
