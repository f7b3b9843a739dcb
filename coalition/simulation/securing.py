"""What people ask about securities, caps and defaults, drawn from a step."""

import hashlib

from coalition.simulation.cast import NETWORK, PEOPLE, Cast
from coalition.simulation.model import Model
from coalition.simulation.requests import Asking, message_of
from coalition.simulation.security_requests import default_bytes, withdrawal_bytes
from coalition.simulation.story import Step
from settlement.clearing.security_acts import (
    ApproveDefault,
    ApproveWithdrawal,
    Deposit,
    ProposeDefault,
    ProposeWithdrawal,
    SetCap,
)
from settlement.house.records import APPROVER
from settlement.house.security import SECURITIES, Waterfall
from settlement.signing import KeySigner

NOTHING = hashlib.sha256(b"none").hexdigest()


def secure(cast: Cast, model: Model, settlements: int, step: Step) -> Asking:
    """What the step asks for; "odd" are figures that are wrong, the same person twice, and a participant that is none."""
    by_person, odd = cast.people[PEOPLE[step.amount % 2]], step.conduct == "odd"
    other_person = cast.people[PEOPLE[(step.amount + (not odd)) % 2]]
    security = SECURITIES[step.amount % len(SECURITIES)]
    name = cast.operator.name if security == "capital" else cast.partner(step.who).name
    match step.kind:
        case "deposit":
            body: object = Deposit("nobody" if odd else name, security, 1 + step.amount // 3)
            return _asking(cast, cast.operator.live[-1], body)
        case "propose withdrawal":
            return _withdrawal(cast, by_person, name, security, 1 + step.amount // 20)
        case "approve withdrawal":
            proposed = model.facts.settlements.securities.newest_withdrawal
            return _asking(cast, other_person, ApproveWithdrawal(proposed or NOTHING))
        case "cap":
            body = SetCap(name, None if step.amount % 5 == 0 else step.amount % 3 * 10)
            return _asking(cast, by_person if step.number % 2 else cast.operator.live[-1], body)
        case "agree to cap":
            waits = model.facts.settlements.securities.newest_cap
            whose, cap, named_by = waits or (name, None, APPROVER)
            signer = cast.operator.live[-1] if named_by == APPROVER else by_person
            return _asking(cast, signer, SetCap(whose, cap))
        case "propose default":
            return _default(cast, model, by_person, max(1, settlements - step.amount % 2), step)
    newest = [*model.facts.defaults.all][-1:] or [NOTHING]
    return _asking(cast, other_person, ApproveDefault(newest[0]))


def _withdrawal(cast: Cast, signer: KeySigner, name: str, security: str, cents: int) -> Asking:
    facts = (name, security, NETWORK.currency, cents)
    proposal = withdrawal_bytes(NETWORK.origin, ProposeWithdrawal(*facts, NOTHING))
    body = ProposeWithdrawal(*facts, hashlib.sha256(proposal).hexdigest())
    return _asking(cast, signer, body, proposal)


def _default(cast: Cast, model: Model, signer: KeySigner, number: int, step: Step) -> Asking:
    """Of somebody that has still to pay, if there is anyone."""
    unpaid = model.unpaid(number)
    payers = [name for name, cents in unpaid.items() if cents > 0] or [cast.partner(0).name]
    name, fall = payers[step.who % len(payers)], Waterfall(1, 0, 0, 0, {}, 1)
    settlement = model.facts.settlements.numbered(number)
    if settlement is not None and unpaid.get(name, 0) > 0:
        steps, borne = model.facts.defaults.falls(settlement, name)
        steps["shortfall"] += step.conduct == "odd"
        fall = Waterfall(**steps, borne=borne)
    facts = (number, name, NETWORK.currency, fall)
    proposal = default_bytes(NETWORK.origin, ProposeDefault(*facts, NOTHING))
    body = ProposeDefault(*facts, hashlib.sha256(proposal).hexdigest())
    return _asking(cast, signer, body, proposal)


def _asking(cast: Cast, signer: KeySigner, body: object, proposal: bytes = b"") -> Asking:
    return Asking(cast.operator, signer, body, message_of(body, proposal=proposal))
