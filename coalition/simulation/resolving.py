"""How people look after breaks and end them, in stories."""

import hashlib

from coalition.simulation.banking_requests import resolution_bytes
from coalition.simulation.cast import NETWORK, PEOPLE, Cast
from coalition.simulation.model import Model
from coalition.simulation.requests import Asking, message_of
from coalition.simulation.story import OPENING_PARTNERS, Step
from settlement.banking.acts import ApproveResolution, AssignBreak, ProposeResolution
from settlement.house.breaks import ADJUSTMENT, MATCH, OFFSET, WRITE_OFF, Resolution

NOTHING = hashlib.sha256(b"none").hexdigest()


def resolve(cast: Cast, model: Model, step: Step, settlements: int) -> Asking:
    """What the step asks for; "odd" are breaks that are none or have ended, and the same person twice."""
    odd, breaks = step.conduct == "odd", model.facts.breaks
    if step.kind == "propose resolution":
        line, how = _ended(model) if odd else _some(cast, model, step, max(1, settlements))
        return _proposal(cast, step, line, how)
    if step.kind == "assign break":
        return _assignment(cast, model, step)
    newest = next(reversed(breaks.proposed), NOTHING)
    proposer = breaks.proposed[newest].person if newest in breaks.proposed else PEOPLE[0]
    others = [person for person in PEOPLE[:2] if (person == proposer) == odd]
    body = ApproveResolution(newest)
    return Asking(cast.operator, cast.people[others[0]], body, message_of(body))


def _assignment(cast: Cast, model: Model, step: Step) -> Asking:
    """Of the newest break; "odd": to nobody, or of one that has ended."""
    odd, breaks = step.conduct == "odd", model.facts.breaks
    lines = [*(breaks.ended if odd and step.number % 2 else breaks.open)][::-1] or [NOTHING]
    person = "nobody" if odd else PEOPLE[step.number % 2]
    body = AssignBreak(lines[0], person)
    return Asking(cast.operator, cast.people[PEOPLE[0]], body, message_of(body))


def _proposal(cast: Cast, step: Step, line: str, how: Resolution) -> Asking:
    words = f"step {step.number}"
    proposal = resolution_bytes(NETWORK.origin, ProposeResolution(line, how, words, NOTHING))
    body = ProposeResolution(line, how, words, hashlib.sha256(proposal).hexdigest())
    return Asking(
        cast.operator, cast.people[PEOPLE[step.number % 2]], body, message_of(body, proposal=proposal)
    )


def _ended(model: Model) -> tuple[str, Resolution]:
    return next(iter(model.facts.breaks.ended), NOTHING), Resolution(WRITE_OFF)


def _some(cast: Cast, model: Model, step: Step, settlement: int) -> tuple[str, Resolution]:
    """A break and how it ends, each way in turn, if there is one that can end so; else the newest in another way."""
    breaks = [*model.facts.breaks.open.items()][::-1] or [(NOTHING, 0)]
    partner = cast.partner((step.who + step.number) % OPENING_PARTNERS).name
    newest = breaks[0][0]
    if step.number % 4 == 0:
        pairs = [(one, other) for one, cents in breaks for other, amount in breaks if amount == -cents != 0]
        one, other = (pairs or [(newest, newest)])[0]
        return one, Resolution(OFFSET, line=other)
    if step.number % 4 == 1:
        fits = [
            (line, name, number)
            for number in range(settlement, 0, -1)
            for name, left in model.unpaid(number).items()
            for line, cents in breaks
            if left == cents
        ]
        line, name, number = (fits or [(newest, partner, settlement)])[0]
        return line, Resolution(MATCH, name, number)
    if step.number % 4 == 2:
        return newest, Resolution(WRITE_OFF)
    return newest, Resolution(ADJUSTMENT, cast.operator.name if step.number % 3 == 0 else partner)
