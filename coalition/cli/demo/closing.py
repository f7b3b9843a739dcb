"""The end of a month: close, net, propose, approve by another person. Figures are held against the plan's."""

import hashlib

from coalition.cli.demo.plan import MonthPlan
from coalition.cli.demo.stage import Stage, accepted, demo_act_id
from coalition.wire.settlements import parse_proposal
from settlement.clearing.netting import Figures
from settlement.errors import CoalitionError


async def approve_month(stage: Stage, cycle: int, month: MonthPlan) -> None:
    """Takes one cycle from open to approved."""
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


def check_figures(figures: Figures, month: MonthPlan) -> None:
    """DEMO_FAILED unless the network's figures are the plan's, to the cent and for every partner."""
    expected = Figures(
        month.gross_cents, month.bilateral_cents, month.multilateral_cents, dict(month.net_debt_cents())
    )
    if figures != expected:
        raise CoalitionError(
            "DEMO_FAILED", f"{month.month}: the network nets {figures}, the plan expects {expected}"
        )
