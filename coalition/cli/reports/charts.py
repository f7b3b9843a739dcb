"""Reports as pictures: SVG whose bytes are the same for the same figures, or PNG. Colours that the colour-blind can tell apart.

Whoever has many lines sees the largest in the picture, and all of them in the table.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter

from settlement.clearing.netting import Figures, saving_basis_points
from settlement.house.records import Cycle, Network
from settlement.money import BASIS_POINTS, MICROS_PER_UNIT, POINTS
from settlement.reporting.ladder import Estimate
from settlement.reporting.liability import AGES, LiabilityLine
from settlement.reporting.matrix import Debts
from settlement.reporting.trial import AccountLine

# Okabe and Ito, "Color Universal Design" (2008).
_BLUE, _SKY, _GREEN, _ORANGE, _RED, _GREY = (
    "#0072B2",
    "#56B4E9",
    "#009E73",
    "#E69F00",
    "#D55E00",
    "#999999",
)
_AGE_COLOURS = ("#56B4E9", "#0072B2", "#009E73", "#E69F00", "#D55E00")
_BARS_MAX, _CELLS_MAX, _CYCLES_MAX, _WRITTEN_MAX = 25, 30, 24, 12
mpl.rcParams.update({"svg.hashsalt": "coalition", "font.family": "DejaVu Sans", "font.size": 9})
_PLAIN = {"Date": None, "Creator": None}
_POSITION = "position:"


def draw_positions(path: Path, network: Network, when: str, lines: Sequence[AccountLine]) -> None:
    """What each participant owes or is owed, the largest amounts."""
    positions = [line for line in lines if line.account.startswith(_POSITION) and line.balance]
    largest = sorted(positions, key=lambda line: (-abs(line.balance), line.account))[:_BARS_MAX]
    shown = sorted(largest, key=lambda line: (line.balance, line.account))
    canvas, axes = _canvas(f"Positions {when}", rows=len(shown))
    amounts = [line.balance / MICROS_PER_UNIT for line in shown]
    names = [line.account.removeprefix(_POSITION) for line in shown]
    axes.barh(names, amounts, color=[_ORANGE if amount > 0 else _BLUE for amount in amounts])
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel(f"{network.currency}: to the right owes the network, to the left is owed")
    _finish(path, canvas, axes, "x" if shown else "")


def draw_matrix(path: Path, network: Network, when: str, debts: Debts) -> None:
    """Who owes whom as a table of shades, the largest participants; amounts are written in where there is room."""
    sizes: dict[str, int] = {}
    for pair, amount in debts.items():
        for name in pair:
            sizes[name] = sizes.get(name, 0) + amount
    names = sorted(sorted(sizes, key=lambda name: (-sizes[name], name))[:_CELLS_MAX])
    cells = [[debts.get((row, column), 0) / MICROS_PER_UNIT for column in names] for row in names]
    is_written = len(names) <= _WRITTEN_MAX
    rows = len(names) + max(map(len, names), default=0) // 4  # names of creditors stand upright
    canvas, axes = _canvas(
        f"Who owes whom {when}", rows=rows, wide=4 + len(names) * (0.9 if is_written else 0.35)
    )
    if names:
        image = axes.imshow(cells, cmap="Blues", aspect="auto", vmin=0)
        canvas.colorbar(image, label=network.currency, format=FuncFormatter(_thousands))
        axes.set_xticks(range(len(names)), names, rotation=90)
        axes.set_yticks(range(len(names)), names)
        axes.set_xlabel("creditor")
        axes.set_ylabel("debtor")
    if is_written:
        _write_in(axes, cells)
    _finish(path, canvas, axes, "", is_framed=bool(names))


def _write_in(axes: Any, cells: list[list[float]]) -> None:
    most = max([max(row) for row in cells], default=0.0)
    for row, amounts in enumerate(cells):
        for column, amount in enumerate(amounts):
            colour = "white" if amount > most / 2 else "black"
            text = f"{amount:,.2f}" if amount else ""
            axes.text(column, row, text, ha="center", va="center", color=colour)


def draw_liability(path: Path, network: Network, when: str, lines: Sequence[LiabilityLine]) -> None:
    """Money of points and value that may still be spent, by funder and age; the largest funders."""
    money: dict[str, list[float]] = {}
    for line in lines:
        ages = money.setdefault(line.funder, [0.0] * len(AGES))
        ages[AGES.index(line.age)] += line.money_micros / MICROS_PER_UNIT
    names = sorted(money, key=lambda name: (sum(money[name]), name))[-_BARS_MAX:]
    canvas, axes = _canvas(f"Points and value that may still be spent, {when}", rows=len(names))
    left = [0.0] * len(names)
    for at, age in enumerate(AGES):
        widths = [money[name][at] for name in names]
        axes.barh(names, widths, left=left, color=_AGE_COLOURS[at], label=f"{age} months")
        left = [sum(both) for both in zip(left, widths, strict=True)]
    axes.set_xlabel(network.currency)
    _finish(path, canvas, axes, "x" if names else "")


def draw_saving(path: Path, network: Network, saved: Sequence[tuple[Cycle, Figures]]) -> None:
    """Gross, bilateral and multilateral amounts side by side, the newest cycles; the saving in percent above."""
    newest = saved[-_CYCLES_MAX:]
    canvas, axes = _canvas("What netting saves, by cycle", rows=10, wide=max(7, 2 + 0.5 * len(newest)))
    unit, width = 10**network.minor_digits, 0.27
    for at, (name, colour) in enumerate((("gross", _GREY), ("bilateral", _SKY), ("multilateral", _BLUE))):
        heights = [getattr(figures, name) / unit for _, figures in newest]
        places = [place + (at - 1) * width for place in range(len(newest))]
        axes.bar(places, heights, width, color=colour, label=name)
    for place, (_, figures) in enumerate(newest):
        percent = f"{saving_basis_points(figures) * 100 // BASIS_POINTS} %"
        top = (place, figures.gross / unit)
        axes.annotate(percent, top, (0, 3), textcoords="offset points", ha="center")
    labels = [cycle.label or str(cycle.number) for cycle, _ in newest]
    axes.set_xticks(range(len(newest)), labels, rotation=90 if len(newest) > _WRITTEN_MAX else 0)
    axes.set_ylabel(f"{network.currency}; percent saved")
    axes.margins(y=0.1)
    _finish(path, canvas, axes, "y" if newest else "")


def draw_breakage(path: Path, network: Network, when: str, found: Mapping[str, Sequence[Estimate]]) -> None:
    """What becomes of each month's points, in percent of those issued."""
    newest = [each for each in found.get(POINTS, ()) if each.cohort.issued][-_CYCLES_MAX:]
    title = f"What becomes of the points of each month, {when}"
    canvas, axes = _canvas(title, rows=10, wide=max(7, 2 + 0.4 * len(newest)))
    parts = (
        ("spent", _BLUE, [each.cohort.spent[-1] for each in newest]),
        ("expected to be spent", _SKY, [each.spent_at_last - each.cohort.spent[-1] for each in newest]),
        ("expected never to be", _ORANGE, [each.breakage - each.cohort.expired for each in newest]),
        ("expired", _RED, [each.cohort.expired for each in newest]),
    )
    bottom = [0.0] * len(newest)
    for name, colour, points in parts:
        heights = [100 * part / each.cohort.issued for part, each in zip(points, newest, strict=True)]
        axes.bar(range(len(newest)), heights, 0.8, bottom=bottom, color=colour, label=name)
        bottom = [sum(both) for both in zip(bottom, heights, strict=True)]
    axes.set_xticks(range(len(newest)), [each.cohort.month for each in newest], rotation=90)
    axes.set_ylabel("percent of the points issued")
    axes.set_xlabel("month of issue")
    _finish(path, canvas, axes, "y" if newest else "")


def _canvas(title: str, *, rows: int, wide: float = 8.0) -> tuple[Any, Any]:
    canvas = Canvas(figsize=(wide, 2.2 + 0.3 * max(rows, 5)), layout="constrained")
    canvas.suptitle(title)
    return canvas, canvas.add_subplot()


def _finish(path: Path, canvas: Any, axes: Any, amounts: str, *, is_framed: bool = False) -> None:
    """Thousands on the axis of `amounts`, lines behind the bars, their legend below; words where there is nothing."""
    if amounts:
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        getattr(axes, f"{amounts}axis").set_major_formatter(FuncFormatter(_thousands))
        axes.grid(axis=amounts, color="#DDDDDD")
        axes.set_axisbelow(True)
        bars = axes.get_legend_handles_labels()[1]
        if bars:
            canvas.legend(loc="outside lower center", ncols=len(bars), frameon=False)
    elif not is_framed:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "nothing to show", ha="center", transform=axes.transAxes)
    canvas.savefig(path, dpi=150, metadata=_PLAIN if path.suffix == ".svg" else {"Software": None})


def _thousands(amount: float, _place: int | None) -> str:
    return f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}"
