"""Each report as a sheet: points whole, value and cleared money with the currency's decimals, accruing money with six."""

from collections.abc import Mapping, Sequence

from coalition.cli.printing import Amount
from coalition.cli.reports.sheet import Cell, Sheet
from settlement.clearing.netting import Figures, saving_basis_points
from settlement.house.records import Cycle, Network
from settlement.money import POINTS, VALUE, format_micros, format_minor
from settlement.reporting.ladder import Estimate
from settlement.reporting.liability import AGES, LiabilityLine
from settlement.reporting.matrix import Debts, nets_of, pair_lines
from settlement.reporting.trial import AccountLine

_PERCENT_DIGITS = 2


def amount_of(network: Network, asset: str, units: int) -> Amount:
    """So many of an asset's smallest units: points, minor units of value, micros of money."""
    if asset == POINTS:
        return Amount(units)
    return minor(network, units) if asset == VALUE else Amount(format_micros(units))


def minor(network: Network, amount: int) -> Amount:
    """Minor units as a decimal number of the currency."""
    return Amount(format_minor(amount, minor_digits=network.minor_digits))


def percent(basis_points: int) -> Amount:
    """A part of a whole in percent."""
    return Amount(format_minor(basis_points, minor_digits=_PERCENT_DIGITS))


def trial_sheet(network: Network, when: str, lines: Sequence[AccountLine]) -> Sheet:
    """Every account with its turnover and balance; the totals show that each asset sums to zero."""
    totals = []
    for asset in sorted({line.asset for line in lines}):
        of_asset = [line for line in lines if line.asset == asset]
        sums = [sum([getattr(line, name) for line in of_asset]) for name in ("debits", "credits", "balance")]
        totals.append(("total", asset, *[amount_of(network, asset, each) for each in sums]))
    rows: list[tuple[Cell, ...]] = [
        (line.account, line.asset, *[amount_of(network, line.asset, each) for each in _sides(line)])
        for line in lines
    ]
    columns = ("account", "asset", "debits", "credits", "balance")
    return Sheet(f"trial balance {when}", columns, rows, tuple(totals), ("balance: debits less credits",))


def _sides(line: AccountLine) -> tuple[int, int, int]:
    return line.debits, line.credits, line.balance


def matrix_sheet(network: Network, when: str, debts: Debts) -> Sheet:
    """Who owes whom, pair by pair; the totals are what each participant owes in all."""
    rows: list[tuple[Cell, ...]] = [
        (line.first, line.second, *[Amount(format_micros(each)) for each in (line.owes, line.owed, line.net)])
        for line in pair_lines(debts)
    ]
    blank = ("all", Amount(), Amount())
    totals = tuple([(name, *blank, Amount(format_micros(net))) for name, net in nets_of(debts).items()])
    columns = ("first", "second", "owes", "is owed", "net")
    note = f"in {network.currency}; owes: the first owes the second; net above zero: the first pays"
    return Sheet(f"inter-company matrix {when}", columns, rows, totals, (note,))


def liability_sheet(network: Network, when: str, lines: Sequence[LiabilityLine]) -> Sheet:
    """Points that may still be spent, by funder and age."""
    rows: list[tuple[Cell, ...]] = [_liability_row(network, line) for line in lines]
    totals = []
    for asset in sorted({line.asset for line in lines}):
        of_asset = [line for line in lines if line.asset == asset]
        points, micros = (
            sum([line.points for line in of_asset]),
            sum([line.money_micros for line in of_asset]),
        )
        totals.append(("total", asset, "", amount_of(network, asset, points), Amount(format_micros(micros))))
    columns = ("funder", "asset", "months", "points", f"money {network.currency}")
    notes = (f"months since points were issued: {', '.join(AGES)}",)
    return Sheet(f"points liability {when}", columns, rows, tuple(totals), notes)


def _liability_row(network: Network, line: LiabilityLine) -> tuple[Cell, ...]:
    points = amount_of(network, line.asset, line.points)
    return line.funder, line.asset, line.age, points, Amount(format_micros(line.money_micros))


def saving_sheet(network: Network, saved: Sequence[tuple[Cycle, Figures]]) -> Sheet:
    """Each closed cycle in three ways of paying it."""
    rows: list[tuple[Cell, ...]] = [_saving_row(network, cycle, figures) for cycle, figures in saved]
    columns = ("cycle", "label", "gross", "bilateral", "multilateral", "saved", "saving percent")
    notes = (f"in {network.currency}; saved: gross less multilateral",)
    return Sheet("netting saving by cycle", columns, rows, notes=notes)


def _saving_row(network: Network, cycle: Cycle, figures: Figures) -> tuple[Cell, ...]:
    saved = figures.gross - figures.multilateral
    amounts = (figures.gross, figures.bilateral, figures.multilateral, saved)
    share = percent(saving_basis_points(figures))
    return cycle.number, cycle.label or "-", *[minor(network, each) for each in amounts], share


def breakage_sheet(network: Network, when: str, found: Mapping[str, Sequence[Estimate]]) -> Sheet:
    """Each month's points: what was spent, expired, and what is expected of the rest."""
    rows = [_breakage_row(network, asset, each) for asset, of_asset in found.items() for each in of_asset]
    columns = (
        "month",
        "asset",
        "issued",
        "spent",
        "expired",
        "redeemed percent",
        "spent at last",
        "breakage",
        "breakage percent",
    )
    notes = ("spent at last, breakage: estimates by chain ladder over the months of issue",)
    return Sheet(f"redemption and breakage {when}", columns, rows, notes=notes)


def _breakage_row(network: Network, asset: str, each: Estimate) -> tuple[Cell, ...]:
    cohort = each.cohort
    issued, spent, expired, at_last, breakage = (
        amount_of(network, asset, units)
        for units in (cohort.issued, cohort.spent[-1], cohort.expired, each.spent_at_last, each.breakage)
    )
    shares = percent(each.redeemed_basis_points), percent(each.breakage_basis_points)
    return cohort.month, asset, issued, spent, expired, shares[0], at_last, breakage, shares[1]
