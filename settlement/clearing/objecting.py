"""Pure decisions on what ends a proposal before it is approved: a participant's objection, a person's second thoughts."""

from settlement.clearing.acts import AnswerObjection, CancelSettlement, Object
from settlement.clearing.proposing import why_over
from settlement.house.drafting import house_draft
from settlement.house.state import House
from settlement.journal.acts import Act, Draft


def object_to(house: House, act: Act[object], body: Object, now_us: int) -> Draft:
    """A participant's no; until a person has answered, nobody can approve."""
    settlement = house.settlements.get(body.settlement)
    refusal = None
    if settlement is None or act.partner not in settlement.nets:
        refusal = "SETTLEMENT_UNKNOWN"
    elif act.partner in settlement.objections:
        refusal = "ALREADY_OBJECTED"
    else:
        ended = now_us >= settlement.objections_end_us
        refusal = why_over(settlement) or ("OBJECTION_PERIOD_OVER" if ended else None)
    lines = (("settlement", str(body.settlement)), ("words", body.words))
    return house_draft("objection", act, lines, refusal)


def answer_objection(house: House, act: Act[object], body: AnswerObjection) -> Draft:
    """A person's answer: an accepted objection ends the proposal, a rejected one stands no longer in its way."""
    settlement = house.settlements.get(body.settlement)
    objection = None if settlement is None else settlement.objections.get(body.participant)
    refusal = None
    if settlement is None or objection is None:
        refusal = "OBJECTION_UNKNOWN"
    elif objection.accepted is not None:
        refusal = "ALREADY_ANSWERED"
    else:
        refusal = why_over(settlement)
    lines = (
        ("settlement", str(body.settlement)),
        ("subject", body.participant),
        ("answer", "accepted" if body.accepted else "rejected"),
        ("words", body.words),
    )
    return house_draft("objection-answer", act, lines, refusal)


def cancel(house: House, act: Act[object], body: CancelSettlement) -> Draft:
    """Takes a proposal back before anybody has approved it."""
    settlement = house.settlements.get(body.settlement)
    refusal = "SETTLEMENT_UNKNOWN" if settlement is None else why_over(settlement)
    return house_draft("cancel", act, (("settlement", str(body.settlement)),), refusal)
