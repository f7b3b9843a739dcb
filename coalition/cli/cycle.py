"""`coalition cycle`: clearing cycles and what is owed in them."""

from itertools import islice
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from coalition.cli.obligations import obligations
from coalition.cli.options import ActId, CycleNumber
from coalition.cli.printing import emit, say, show_table, utc
from coalition.cli.telling import tell_outcome
from coalition.cli.voice import OPERATOR, Voice, speaking
from settlement.clearing.calendar import closes_due
from settlement.clock import format_time, from_us, to_us

app = typer.Typer(no_args_is_help=True, help="List and close cycles; show what is owed in one.")


@app.command("list")
@speaking(OPERATOR)
def list_cycles(voice: Voice) -> None:
    """List all cycles, the open one last."""
    with voice.asking() as client:
        cycles = client.cycles()
    if voice.json:
        emit(
            [
                {
                    "cycle": cycle.cycle,
                    "state": cycle.state,
                    "label": cycle.label,
                    "closed_at_entry": cycle.closed_at_entry,
                    "settlement": cycle.settlement,
                }
                for cycle in cycles
            ]
        )
        return
    rows = [
        (
            c.cycle,
            c.label or "-",
            c.state,
            "-" if c.closed_at_entry is None else f"0:{c.closed_at_entry}",
            c.settlement or "-",
        )
        for c in cycles
    ]
    show_table(("cycle", "label", "state", "closed at", "settlement"), rows)


@app.command()
@speaking(OPERATOR)
def calendar(
    voice: Voice,
    count: Annotated[int, typer.Option(min=1, max=366, metavar="N", help="How many closes to show.")] = 12,
) -> None:
    """Show when the next cycles close by themselves, by the tariff in force and the holidays known here.

    [dim]coalition cycle calendar --count 3[/]
    """
    with voice.asking() as client:
        known = client.tariffs()
    tariff = known.in_force
    found = list(islice(closes_due(tariff, to_us(known.now)), count))
    if voice.json:
        emit([{"label": each.label, "closes_at": format_time(each.due_us)} for each in found])
        return
    if not found:
        say("cycles close by hand: the tariff names no cut-off")
        return
    zone = ZoneInfo(tariff.cut_off_zone)
    rows = [
        (each.label, f"{from_us(each.due_us).astimezone(zone):%a %Y-%m-%d %H:%M %Z}", utc(each.due_us))
        for each in found
    ]
    show_table(("label", f"closes in {tariff.cut_off_zone}", "closes at"), rows)


@app.command()
@speaking(OPERATOR)
def close(
    voice: Voice,
    cycle: CycleNumber,
    label: Annotated[
        str, typer.Option(metavar="TEXT", help="Free words, as 2026-11: at most 40 ASCII characters.")
    ] = "",
    act_id: ActId = None,
) -> None:
    """End the open cycle, named by its number so that closing twice is refused, and open the next.

    [dim]coalition cycle close 1 --label 2026-11[/]
    """
    with voice.acting() as client:
        outcome = client.close_cycle(cycle=cycle, label=label, act_id=act_id)
    tell_outcome(
        voice,
        outcome,
        f"closed cycle {cycle}; cycle {cycle + 1} is open",
        f"coalition settlement preview {cycle}",
    )


app.command()(obligations)
