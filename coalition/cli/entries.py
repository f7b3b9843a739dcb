"""`coalition entries`: the journal, as far as it concerns who asks."""

import json
from collections import deque
from typing import Annotated

import typer

from coalition.cli.printing import emit, say, show_table, utc
from coalition.cli.progress import waiting
from coalition.cli.voice import Voice, speaking
from coalition.client.answers import Entry
from settlement.clock import format_time
from settlement.journal.leaf import parse_leaf

PAGE_ENTRIES = 1_000


@speaking()
def entries(
    voice: Voice,
    last: Annotated[
        int, typer.Option(min=0, metavar="N", help="How many, the newest of each shard's end; 0: all.")
    ] = 20,
    leaves: Annotated[bool, typer.Option("--leaves", help="Print the exact leaves.")] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Print new entries as they come, until Ctrl-C.")
    ] = False,
    after: Annotated[
        str,
        typer.Option(metavar="TOKEN", help="With --follow: go on after the entry of this resume_token."),
    ] = "",
) -> None:
    """List journal entries that concern you: your own acts, and others' that are your business. The operator sees all.

    [dim]coalition entries --last 50 --as bakery[/]
    [dim]coalition entries --follow --json --as bakery[/]
    """
    if follow:
        _follow(voice, after, leaves=leaves)
        return
    if after:
        raise typer.BadParameter("it goes with --follow", param_hint="--after")
    with waiting("reading the journal"), voice.asking() as client:
        found = deque(client.entries(page_size=PAGE_ENTRIES), maxlen=last or None)
    if voice.json:
        emit([_document(entry) for entry in found])
    elif leaves:
        for entry in found:
            say(entry.leaf.decode("ascii", errors="replace"))
    else:
        show_table(("entry", "recorded", "kind", "partner", "amount", "result", "late"), map(_row, found))


def _follow(voice: Voice, after: str, *, leaves: bool) -> None:
    """Each entry at once, with --json one document a line; without a token from now on."""
    with voice.asking() as client:
        for entry in client.follow(resume_token=after, only_new=not after):
            if voice.json:
                typer.echo(json.dumps(_document(entry) | {"resume_token": entry.resume_token}))
            elif leaves:
                say(entry.leaf.decode("ascii", errors="replace"))
            else:
                say("  ".join(_row(entry)))


def _row(entry: Entry) -> tuple[str, ...]:
    leaf = parse_leaf(entry.leaf)
    return (
        f"{entry.shard}:{entry.entry_number}",
        utc(leaf.time_us),
        leaf.kind,
        leaf.get("partner") or "-",
        leaf.get("amount") or "-",
        leaf.get("result") or "-",
        "late" if entry.late else "-",
    )


def _document(entry: Entry) -> dict[str, object]:
    leaf = parse_leaf(entry.leaf)
    return {
        "shard": entry.shard,
        "entry_number": entry.entry_number,
        "recorded_at": format_time(leaf.time_us),
        "kind": leaf.kind,
        "partner_id": leaf.get("partner"),
        "act_id": leaf.get("act"),
        "refusal": leaf.refusal,
        "late": entry.late,
        "leaf": entry.leaf.decode("ascii"),
    }
