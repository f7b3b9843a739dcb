"""Acts of the client on cycles and settlements, each with what the network reads of it."""

from collections.abc import Awaitable, Callable

from coalition.client import Client, Outcome
from settlement.clearing.acts import (
    AbortSettlement,
    AnswerObjection,
    Approve,
    CancelSettlement,
    CloseCycle,
    Confirm,
    Object,
)

ON_SETTLEMENTS: dict[str, tuple[Callable[[Client], Awaitable[Outcome]], object]] = {
    "close cycle": (lambda c: c.close_cycle(cycle=3, label="2026-11"), CloseCycle(3, "2026-11")),
    "approve": (lambda c: c.approve(proposal_sha256=bytes(32)), Approve("00" * 32)),
    "object": (lambda c: c.object_to(settlement=2, words="not ours"), Object(2, "not ours")),
    "answer an objection": (
        lambda c: c.answer_objection(settlement=2, participant="florist", accepted=True, words="so it is"),
        AnswerObjection(2, "florist", True, "so it is"),
    ),
    "cancel a settlement": (lambda c: c.cancel_settlement(settlement=2), CancelSettlement(2)),
    "abort a settlement": (lambda c: c.abort_settlement(settlement=2), AbortSettlement(2)),
    "confirm": (
        lambda c: c.confirm(settlement=2, participant="florist", amount_minor=99),
        Confirm(2, "florist", 99),
    ),
}
