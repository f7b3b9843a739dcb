"""Who of the demo's debtors pays late, and who not at all: planned ahead, as all else that the books must then say. Pure."""

from dataclasses import dataclass

from coalition.cli.demo.plan import MonthPlan, ReplayPlan

_COLLATERAL_STEP_CENTS = 10_000


@dataclass(frozen=True, slots=True)
class Trouble:
    """In one month's settlement, by number, somebody pays late and somebody does not pay; None: there are too few debtors for it.

    `collateral_cents`: what the latter has deposited at the start; `unpaid_cents`: what it does not pay, which is less.
    """

    cycle: int
    late: str | None = None
    defaulter: str | None = None
    collateral_cents: int = 0
    unpaid_cents: int = 0

    @property
    def absent(self) -> frozenset[str]:
        """Whose money does not come in time."""
        return frozenset(name for name in (self.late, self.defaulter) if name is not None)


def trouble_of(plan: ReplayPlan) -> Trouble:
    """In the second month, or the first that has debtors enough: the two that pay most."""
    debtors = {cycle: _debtors(month, plan.prices.fund) for cycle, month in enumerate(plan.months, start=1)}
    cycle = max(sorted(debtors, key=lambda cycle: cycle != 2), key=lambda cycle: min(len(debtors[cycle]), 2))
    late, defaulter = (*debtors[cycle], None, None)[:2]
    if defaulter is None:
        return Trouble(cycle, late)
    unpaid = plan.months[cycle - 1].net_debt_cents()[defaulter]
    steps = unpaid // _COLLATERAL_STEP_CENTS + 1
    return Trouble(cycle, late, defaulter, steps * _COLLATERAL_STEP_CENTS, unpaid)


def _debtors(month: MonthPlan, operator: str | None) -> list[str]:
    """Whoever pays, but for the operator: who pays most comes first."""
    nets = month.net_debt_cents()
    return sorted(
        [name for name, net in nets.items() if net > 0 and name != operator],
        key=lambda name: (-nets[name], name),
    )
