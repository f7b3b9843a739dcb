"""What ends a settlement before it is paid: docs/clearing.md, "The end of a proposal"."""

from coalition.simulation.model.settlements import Settlements, already
from coalition.simulation.model.terms import Answer, Place
from settlement.clearing.acts import AbortSettlement, AnswerObjection, CancelSettlement, Object


def dispute(
    settlements: Settlements,
    place: Place,
    partner: str,
    body: Object | AnswerObjection | CancelSettlement | AbortSettlement,
) -> Answer:
    """What may end a settlement before it is paid."""
    match body:
        case Object():
            return _object(settlements, place, partner, body)
        case AnswerObjection():
            return _answer(settlements, body)
        case CancelSettlement():
            return _cancel(settlements, body)
        case AbortSettlement():
            return _abort(settlements, place, body)


def _object(settlements: Settlements, place: Place, partner: str, body: Object) -> Answer:
    """A participant says no, once, while there is time."""
    settlement, refusal = settlements.numbered(body.settlement), None
    if settlement is None or partner not in settlement.nets:
        refusal = "SETTLEMENT_UNKNOWN"
    elif partner in settlement.answers:
        refusal = "ALREADY_OBJECTED"
    elif settlement.ended is not None or settlement.approved_at is not None:
        refusal = already(settlement)
    elif place.time_us >= settlement.objections_end_us:
        refusal = "OBJECTION_PERIOD_OVER"
    else:
        settlement.answers[partner] = None
    return Answer(refusal, [("settlement", str(body.settlement)), ("words", body.words)])


def _answer(settlements: Settlements, body: AnswerObjection) -> Answer:
    """What a person says to an objection; if it is accepted, the proposal is over."""
    settlement, refusal = settlements.numbered(body.settlement), None
    if settlement is None or body.participant not in settlement.answers:
        refusal = "OBJECTION_UNKNOWN"
    elif settlement.answers[body.participant] is not None:
        refusal = "ALREADY_ANSWERED"
    elif settlement.ended is not None:
        refusal = already(settlement)
    else:
        settlement.answers[body.participant] = body.accepted
        settlement.ended = "cancelled" if body.accepted else None
    about = [("settlement", str(body.settlement)), ("subject", body.participant)]
    said = "accepted" if body.accepted else "rejected"
    return Answer(refusal, [*about, ("answer", said), ("words", body.words)])


def _cancel(settlements: Settlements, body: CancelSettlement) -> Answer:
    """The proposal is over."""
    settlement, refusal = settlements.numbered(body.settlement), None
    if settlement is None:
        refusal = "SETTLEMENT_UNKNOWN"
    elif settlement.ended is not None or settlement.approved_at is not None:
        refusal = already(settlement)
    else:
        settlement.ended = "cancelled"
    return Answer(refusal, [("settlement", str(body.settlement))])


def _abort(settlements: Settlements, place: Place, body: AbortSettlement) -> Answer:
    """Every leg goes back into the position that it came from, and what was paid ahead to where it was."""
    settlement = settlements.numbered(body.settlement)
    about = [("settlement", str(body.settlement))]
    if settlement is None:
        return Answer("SETTLEMENT_UNKNOWN", about)
    if settlement.ended == "aborted":
        return Answer("ALREADY_ABORTED", about)
    if settlement.approved_at is None:
        return Answer("NOT_APPROVED", about)
    if settlement.paid.keys() != settlement.ahead or settlement.in_default or not settlement.legs():
        return Answer("LEG_ALREADY_PAID", about)
    if settlement.instructed:
        return Answer("ALREADY_INSTRUCTED", about)
    settlement.ended, settlement.aborted_at = "aborted", place.index
    back = [(debit, credit, -cents) for debit, credit, cents in settlement.moves()]
    return Answer(None, about, [settlements.securities.either_way(*move) for move in back])
