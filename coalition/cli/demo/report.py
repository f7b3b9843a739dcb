"""What the demo tells at the end: tables for finance people, summary.json for machines."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from coalition.cli.demo.bank import Booking
from coalition.cli.demo.pace import Pace
from coalition.cli.demo.paying import Stated
from coalition.cli.demo.plan import MonthPlan, ReplayPlan
from coalition.cli.demo.trouble import trouble_of
from settlement.banking.matching import Rule
from settlement.money import format_micros, format_minor

LARGEST = 5
RULES: dict[Rule | None, str] = {
    Rule.END_TO_END: "end-to-end id",
    Rule.REFERENCE: "reference",
    Rule.IBAN: "IBAN",
    None: "nothing",
}
"""By what a line finds its leg, and how people call it; a line that names nothing becomes a break."""


def summary(plan: ReplayPlan, pace: Pace, stated: Sequence[Stated]) -> dict[str, Any]:
    """The content of summary.json. Its seconds are those of the replayed acts alone."""
    return {
        "baskets": plan.baskets,
        "members": len(plan.members),
        "partners": len(plan.partners),
        "issues": plan.issues,
        "redemptions": plan.redemptions,
        "points_issued": plan.points_issued,
        "points_redeemed": plan.points_redeemed,
        "points_outstanding": plan.points_outstanding,
        "seconds": round(pace.seconds, 3),
        "acts_per_second": round(pace.acts_per_second, 1),
        "operator_micros": plan.operator_micros(),
        "cycles": [
            {
                "month": month.month,
                "gross_cents": month.gross_cents,
                "bilateral_cents": month.bilateral_cents,
                "multilateral_cents": month.multilateral_cents,
            }
            for month in plan.months
        ],
        "bank": _bank_summary(plan, stated),
    }


def _bank_summary(plan: ReplayPlan, stated: Sequence[Stated]) -> dict[str, Any]:
    """What the bank said; null for whoever there were too few debtors for."""
    trouble, rules = trouble_of(plan), _rules([each for day in stated for each in day.bookings])
    return {
        "statements": len(stated),
        "lines": {name: rules[rule] for rule, name in RULES.items()},
        "closing_cents": stated[-1].statement.closing_minor,
        "late": trouble.late,
        "defaulter": trouble.defaulter,
    }


def write_summary(path: Path, content: dict[str, Any]) -> None:
    """Writes summary.json whole or not at all."""
    draft = path.with_suffix(".json.part")
    draft.write_text(json.dumps(content, indent=2) + "\n")
    draft.replace(path)


def print_report(console: Console, plan: ReplayPlan, entries: dict[int, int]) -> None:
    """The table of cycles, what the operator holds in a pool, and who was paid and who paid most over all of them."""
    console.print("\n[bold]Cycles, in EUR[/]", _cycles(plan, entries), sep="\n")
    if plan.operator_micros():
        console.print("\n[bold]The operator's accounts at the end[/]", _operator(plan), sep="\n")
    nets: Counter[str] = Counter()
    for month in plan.months:
        nets.update(month.net_debt_cents())
    ranked = sorted(nets.items(), key=lambda item: item[1])
    creditors = [(partner, -cents) for partner, cents in ranked if cents < 0]
    debtors = [(partner, cents) for partner, cents in ranked[::-1] if cents > 0]
    for title, largest in (("creditors, paid", creditors), ("debtors, paying", debtors)):
        if largest:
            console.print(f"\n[bold]Largest {title} over all cycles[/]", _largest(largest), sep="\n")


def print_bank(console: Console, plan: ReplayPlan, stated: Sequence[Stated]) -> None:
    """The table of the bank's statements, and who paid late, not at all, or for nothing."""
    table = Table()
    table.add_column("statement")
    for title in ("lines", *RULES.values(), "balance"):
        table.add_column(title, justify="right")
    for day in stated:
        rules = _rules(day.bookings)
        figures = [len(day.bookings), *[rules[rule] for rule in RULES]]
        table.add_row(day.statement.statement_id, *map(str, figures), _euros(day.statement.closing_minor))
    console.print("\n[bold]The bank's statements, lines by what they name[/]", table, sep="\n")
    for sentence in _trouble(plan, stated):
        console.print(sentence, soft_wrap=True)


def _trouble(plan: ReplayPlan, stated: Sequence[Stated]) -> Iterator[str]:
    trouble = trouble_of(plan)
    month = plan.months[trouble.cycle - 1]
    nets = month.net_debt_cents()
    if trouble.late is not None:
        yield f"late: {trouble.late} paid {_euros(nets[trouble.late])} of {month.month} after it was overdue"
    if trouble.defaulter is not None:
        unpaid = _euros(nets[trouble.defaulter])
        yield f"in default: {trouble.defaulter} with {unpaid} of {month.month}, which its collateral covered"
    if len(trouble.absent) < 2:
        yield "too few partners have to pay for one to be late and another in default"
    strays = [each.line.amount_minor for day in stated for each in day.bookings if each.rule is None]
    yield f"sent back: {_euros(max(strays))} that nothing explained; two people let one line undo the other"


def _rules(bookings: Iterable[Booking]) -> Counter[Rule | None]:
    return Counter([each.rule for each in bookings])


def _cycles(plan: ReplayPlan, entries: dict[int, int]) -> Table:
    table = Table(show_footer=len(plan.months) > 1)
    months = plan.months
    table.add_column("cycle", footer="all")
    table.add_column("entries", justify="right", footer=f"{sum(entries.values()):,}")
    for title, value in (
        ("gross", lambda month: month.gross_cents),
        ("bilateral", lambda month: month.bilateral_cents),
        ("multilateral", lambda month: month.multilateral_cents),
    ):
        table.add_column(title, justify="right", footer=_euros(sum(map(value, months))))
    table.add_column("saving", justify="right", footer=_saving(months))
    for cycle, month in enumerate(months, start=1):
        figures = (month.gross_cents, month.bilateral_cents, month.multilateral_cents)
        table.add_row(month.month, f"{entries[cycle]:,}", *map(_euros, figures), _saving((month,)))
    return table


def _operator(plan: ReplayPlan) -> Table:
    table = Table()
    table.add_column("account")
    table.add_column("EUR", justify="right")
    for account, micros in plan.operator_micros().items():
        table.add_row(account, format_micros(micros))
    return table


def _largest(ranked: list[tuple[str, int]]) -> Table:
    table = Table()
    table.add_column("partner")
    table.add_column("EUR", justify="right")
    for partner, cents in ranked[:LARGEST]:
        table.add_row(partner, _euros(cents))
    return table


def _euros(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02d}" if cents >= 0 else format_minor(cents, minor_digits=2)


def _saving(months: tuple[MonthPlan, ...]) -> str:
    gross = sum(month.gross_cents for month in months)
    cash = sum(month.multilateral_cents for month in months)
    return f"{(gross - cash) * 100 / gross:.1f} %" if gross else "-"
