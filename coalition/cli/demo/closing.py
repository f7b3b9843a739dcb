"""The end of a month: close, net, propose, approve by another person, confirm every leg. Figures are held against the plan's."""

import hashlib
from collections.abc import Callable

from coalition.cli.demo.plan import MonthPlan
from coalition.cli.demo.replay import for_all
from coalition.cli.demo.stage import Stage, accepted, demo_act_id
from coalition.wire.settlements import parse_proposal
from settlement.clearing.netting import Figures
from settlement.errors import CoalitionError


async def settle_month(stage: Stage, cycle: int, month: MonthPlan, tell: Callable[[], None]) -> None:
    """Takes one cycle from open to settled."""
    label = month.month
    closed = await stage.operator.close_cycle(cycle=cycle, label=label, act_id=demo_act_id("close", label))
    accepted(closed, f"closing {label}")
    data = await stage.proposer.preview(cycle=cycle)
    _, figures = parse_proposal(data)
    check_figures(figures, month)
    accepted(
        await stage.proposer.propose(proposal=data, act_id=demo_act_id("propose", label)),
        f"proposing {label}",
    )
    approved = await stage.approver.approve(
        proposal_sha256=hashlib.sha256(data).digest(), act_id=demo_act_id("approve", label)
    )
    accepted(approved, f"approving {label}")

    async def confirm(leg: tuple[str, int]) -> None:
        participant, amount_minor = leg
        outcome = await stage.operator.confirm(
            settlement=cycle,
            participant=participant,
            amount_minor=amount_minor,
            act_id=demo_act_id("confirm", label, participant),
        )
        accepted(outcome, f"confirming {participant} of {label}")
        tell()

    await for_all([(participant, abs(net)) for participant, net in figures.nets.items() if net], confirm)


def check_figures(figures: Figures, month: MonthPlan) -> None:
    """DEMO_FAILED unless the network's figures are the plan's, to the cent and for every partner."""
    expected = Figures(
        month.gross_cents, month.bilateral_cents, month.multilateral_cents, dict(month.net_debt_cents())
    )
    if figures != expected:
        raise CoalitionError(
            "DEMO_FAILED", f"{month.month}: the network nets {figures}, the plan expects {expected}"
        )
