"""Acts on securities, caps and defaults, as a scenario writes them."""

from collections.abc import Callable
from typing import Any

from coalition.simulation.requests import message_of
from coalition.simulation.security_requests import default_bytes, withdrawal_bytes
from settlement.clearing.security_acts import (
    ApproveDefault,
    ApproveWithdrawal,
    Deposit,
    ProposeDefault,
    ProposeWithdrawal,
    SetCap,
)
from settlement.house.security import Waterfall
from settlement.money import micros_per_minor
from tests.scenarios.scene import Scene, micros

NO_PROPOSAL = "00" * 32
Asking = tuple[object, Any]


def _minor(scene: Scene, amount: str) -> int:
    return micros(amount) // micros_per_minor(scene.network.minor_digits)


def _deposit(scene: Scene, name: str, amount: str, security: str, participant: str) -> Asking:
    body = Deposit(participant, security, _minor(scene, amount))
    return body, message_of(body)


def _withdraw_propose(scene: Scene, name: str, amount: str, security: str, participant: str) -> Asking:
    facts = (participant, security, scene.network.currency, _minor(scene, amount))
    proposal = withdrawal_bytes(scene.network.origin, ProposeWithdrawal(*facts, NO_PROPOSAL))
    body = ProposeWithdrawal(*facts, scene.proposed(proposal, name))
    return body, message_of(body, proposal=proposal)


def _set_cap(scene: Scene, name: str, participant: str, cap: str) -> Asking:
    body = SetCap(participant, None if cap == "nothing" else _minor(scene, cap))
    return body, message_of(body)


def _default_propose(scene: Scene, name: str, participant: str, number: str) -> Asking:
    """Says of a leg that is unpaid who bears it, and of any other that nobody does."""
    settlement, fall = scene.model.facts.settlements.numbered(int(number)), Waterfall(1, 0, 0, 0, {}, 1)
    if settlement is not None and settlement.unpaid().get(participant, 0) > 0:
        steps, borne = scene.model.facts.defaults.falls(settlement, participant)
        fall = Waterfall(**steps, borne=borne)
    facts = (int(number), participant, scene.network.currency, fall)
    proposal = default_bytes(scene.network.origin, ProposeDefault(*facts, NO_PROPOSAL))
    body = ProposeDefault(*facts, scene.proposed(proposal, name))
    return body, message_of(body, proposal=proposal)


def _plain(make: Callable[[str], object]) -> Callable[[Scene, str, str], Asking]:
    def asking(scene: Scene, name: str, proposal: str) -> Asking:
        body = make(scene.proposals.get(proposal, NO_PROPOSAL))
        return body, message_of(body)

    return asking


SECURITY_ACTS: dict[str, tuple[str, Callable[..., Asking]]] = {
    "deposit": ("AMOUNT as SECURITY of PARTICIPANT", _deposit),
    "withdraw-propose": ("AMOUNT of SECURITY of PARTICIPANT", _withdraw_propose),
    "withdraw-approve": ("PROPOSAL", _plain(ApproveWithdrawal)),
    "security-set": ("PARTICIPANT pays at most CAP", _set_cap),
    "default-propose": ("PARTICIPANT in settlement NUMBER", _default_propose),
    "default-approve": ("PROPOSAL", _plain(ApproveDefault)),
}
"""How each act is written after its name, and what makes its request of the words in capitals."""
