"""What is asked to end a settlement before it is paid: objections and answers, second thoughts before and after the approval."""

from coalition.simulation.cast import PEOPLE, Cast
from coalition.simulation.model import Model
from coalition.simulation.requests import Asking, message_of
from coalition.simulation.story import Step
from settlement.clearing.acts import AbortSettlement, AnswerObjection, CancelSettlement, Object


def dispute(cast: Cast, model: Model, settlements: int, step: Step) -> Asking | None:
    """About the newest of so many settlements; with a conduct, about that or an earlier one."""
    number = max(1, settlements - (step.amount % 3 if step.conduct else 0))
    if step.kind == "object":
        # Every second time whoever has objected already, which is refused.
        names = (model.objectors(number) if step.number % 2 else []) or model.participants(number)
        parties = [each for each in cast.partners.values() if each.name in names]
        company = parties[step.who % len(parties)] if parties else cast.partner(step.who)
        body = Object(number, f"step {step.number}")
        return Asking(company, company.live[-1], body, message_of(body)) if company.live else None
    return _by_person(cast, step, _second_thought(cast, model, number, step))


def _second_thought(
    cast: Cast, model: Model, number: int, step: Step
) -> AnswerObjection | CancelSettlement | AbortSettlement:
    if step.kind == "cancel":
        return CancelSettlement(number)
    if step.kind == "abort":
        return AbortSettlement(number)
    whose = [*model.objectors(number), cast.partner(step.who).name][0]
    return AnswerObjection(number, whose, step.number % 3 == 0, f"step {step.number}")


def _by_person(cast: Cast, step: Step, body: AnswerObjection | CancelSettlement | AbortSettlement) -> Asking:
    return Asking(cast.operator, cast.people[PEOPLE[step.number % 2]], body, message_of(body))
