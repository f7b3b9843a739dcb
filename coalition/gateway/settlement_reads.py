"""Reads of settlements."""

from coalition.api.v1 import settlement_pb2
from coalition.gateway.admission import Admitted
from coalition.gateway.means import Means
from coalition.wire.strict import write_time
from settlement.clearing.due import leg_due_us
from settlement.clearing.states import leg_state_of, state_of
from settlement.house.practice import network_now_us
from settlement.house.records import Settlement
from settlement.house.state import House


async def list_settlements(means: Means, admitted: Admitted) -> settlement_pb2.ListSettlementsResponse:
    """All settlements that the caller may see, or the one that it names."""
    caller, asked = admitted.caller, admitted.message.settlement
    party = None if caller.is_operator else caller.partner
    async with means.reading() as (_, house):
        response = settlement_pb2.ListSettlementsResponse()
        for settlement in house.settlements.values():
            if asked in (0, settlement.number) and (party is None or party in settlement.nets):
                shown = _shown(house, settlement, party)
                if asked:
                    _add_parts(shown, house, settlement, party)
                response.settlements.append(shown)
    return response


def _shown(house: House, settlement: Settlement, party: str | None) -> settlement_pb2.Settlement:
    word = state_of(house, settlement, network_now_us(house)).upper().replace("-", "_")
    shown = settlement_pb2.Settlement(
        settlement=settlement.number,
        cycle=settlement.cycle,
        state=settlement_pb2.SettlementState.Value(f"SETTLEMENT_STATE_{word}"),
        proposal_sha256=bytes.fromhex(settlement.proposal_sha256),
        proposer=settlement.proposer if party is None else "",
        warnings=settlement.warnings if party is None else (),
    )
    write_time(shown.proposed_at, settlement.proposed_at_us)
    write_time(shown.objections_end, settlement.objections_end_us)
    due_us = leg_due_us(house, settlement)
    if due_us is not None:
        write_time(shown.payment_due, due_us)
    return shown


def _add_parts(
    shown: settlement_pb2.Settlement, house: House, settlement: Settlement, party: str | None
) -> None:
    """Legs and objections: everybody's, or a partner's own."""
    left = settlement.unpaid
    for name in sorted(settlement.nets.keys() | settlement.legs.keys()):
        if party in (None, name):
            net = settlement.nets.get(name, 0)
            leg = shown.legs.add(participant=name, net_minor=net, left_minor=left.get(name, 0))
            state = leg_state_of(house, settlement, name, network_now_us(house))
            if state is not None:
                leg.state = settlement_pb2.LegState.Value(f"LEG_STATE_{state.upper()}")
    for name, objection in settlement.objections.items():
        if party in (None, name):
            told = shown.objections.add(
                participant=name,
                words=objection.words,
                accepted=objection.accepted,
                answer=objection.answer,
            )
            write_time(told.raised_at, objection.raised_at_us)
