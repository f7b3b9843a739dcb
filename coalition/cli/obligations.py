"""`coalition cycle obligations`: who owes whom in a cycle, as it stands or as it grows."""

import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.live import Live
from rich.text import Text

from coalition.cli.currencies import minor_digits
from coalition.cli.options import id_text
from coalition.cli.printing import Amount, emit, money_micros, out, say, show_table, table_of
from coalition.cli.voice import OPERATOR, Voice, speaking
from coalition.client.settlement_answers import FollowedObligations, Obligation

_COLUMNS = ("debtor", "creditor", "owes", "postings")


@speaking(OPERATOR)
def obligations(
    voice: Voice,
    cycle: Annotated[
        int | None, typer.Argument(min=1, metavar="CYCLE", help="Its number. Default: the open one.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Show the open cycle's as they grow, until Ctrl-C.")
    ] = False,
    partner: Annotated[
        str | None,
        typer.Option(
            metavar="PARTNER", callback=id_text, help="With --follow: whose, for the operator to name."
        ),
    ] = None,
) -> None:
    """Show who owes whom in a cycle, the open one included; a partner sees its own side.

    [dim]coalition cycle obligations 1 --as bakery[/]

    [dim]coalition cycle obligations --follow --as bakery[/]
    """
    if follow:
        _follow(voice, cycle, partner)
        return
    if partner is not None:
        raise typer.BadParameter("it goes with --follow", param_hint="--partner")
    with voice.asking() as client:
        number = cycle or client.cycles()[-1].cycle
        found = client.obligations(cycle=number)
    if voice.json:
        emit([_document(one) for one in found])
        return
    show_table(_COLUMNS, _rows(found), title=f"cycle {number}")


def _follow(voice: Voice, cycle: int | None, partner: str | None) -> None:
    """On a terminal a table that grows; with --json each state as one document a line; else a line for each change."""
    if cycle is not None:
        raise typer.BadParameter("--follow shows the open cycle; leave the number out", param_hint="CYCLE")
    with voice.asking() as client:
        states = client.follow_obligations(partner_id=partner)
        if voice.json:
            for state in states:
                typer.echo(json.dumps(_state_document(state)))
        elif out.is_terminal:
            _show_live(states, partner or voice.identity.partner_id)
        else:
            for state in states:
                for one in state.told:
                    debt = _money(one.amount_micros, one.currency)
                    say(
                        f"cycle {state.cycle}: {one.debtor} owes {one.creditor} {debt}, {one.count:,} postings"
                    )
                say(_net_of(state, partner or voice.identity.partner_id))


def _show_live(states: Iterator[FollowedObligations], partner: str) -> None:
    """The table of the cycle that is open; those of closed ones stay above it."""
    with Live(console=out, auto_refresh=False) as live:
        for state in states:
            table = table_of(_COLUMNS, _rows(state.obligations), title=f"cycle {state.cycle}")
            shown = Group(table, Text(_net_of(state, partner)))
            if state.closed:
                live.update(Text(), refresh=True)
                live.console.print(shown)
            else:
                live.update(shown, refresh=True)


def _net_of(state: FollowedObligations, partner: str) -> str:
    amount = _money(abs(state.net_micros), state.currency)
    said = "owes" if state.net_micros > 0 else "is owed" if state.net_micros < 0 else "owes and is owed"
    end = "; the cycle is closed" if state.closed else ""
    return f"cycle {state.cycle}: {partner} {said} {amount}, net{end}"


def _rows(found: Iterable[Obligation]) -> list[tuple[Any, ...]]:
    return [(one.debtor, one.creditor, _money(one.amount_micros, one.currency), one.count) for one in found]


def _money(micros: int, currency: str) -> Amount:
    return money_micros(micros, currency=currency, minor_digits=minor_digits(currency))


def _document(one: Obligation) -> dict[str, object]:
    return {
        "debtor": one.debtor,
        "creditor": one.creditor,
        "currency": one.currency,
        "amount_micros": one.amount_micros,
        "count": one.count,
    }


def _state_document(state: FollowedObligations) -> dict[str, object]:
    return {
        "cycle": state.cycle,
        "closed": state.closed,
        "currency": state.currency,
        "net_micros": state.net_micros,
        "obligations": [_document(one) for one in state.obligations],
    }
