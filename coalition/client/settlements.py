"""What a server tells of settlements, as values."""

from coalition.api.v1 import settlement_pb2
from coalition.client.settlement_answers import Leg, Objection, Settlement
from coalition.wire.strict import read_time
from settlement.clock import from_us

_PREFIX = "SETTLEMENT_STATE_"
_STATES = {
    number: name.removeprefix(_PREFIX).lower().replace("_", "-")
    for name, number in settlement_pb2.SettlementState.items()
}
_LEG_STATES = {
    number: name.removeprefix("LEG_STATE_").lower() if number else "-"
    for name, number in settlement_pb2.LegState.items()
}


def settlement_told(told: settlement_pb2.Settlement) -> Settlement:
    """One settlement. CoalitionError FIELD_INVALID: a time is none."""
    return Settlement(
        told.settlement,
        told.cycle,
        _STATES.get(told.state, "unknown"),
        told.proposal_sha256,
        told.proposer,
        from_us(read_time(told.proposed_at, "proposed_at")),
        from_us(read_time(told.objections_end, "objections_end")),
        tuple([_leg(leg) for leg in told.legs]),
        tuple([_objection(each) for each in told.objections]),
        tuple(told.warnings),
        from_us(read_time(told.payment_due, "payment_due")) if told.HasField("payment_due") else None,
    )


def _leg(told: settlement_pb2.Leg) -> Leg:
    state = _LEG_STATES.get(told.state, "unknown")
    return Leg(told.participant, told.net_minor, state, told.left_minor)


def _objection(told: settlement_pb2.Objection) -> Objection:
    accepted = told.accepted if told.HasField("accepted") else None
    raised_at = from_us(read_time(told.raised_at, "raised_at"))
    return Objection(told.participant, told.words, raised_at, accepted, told.answer)
