"""`coalition statement explain`: from a net amount to whom it is with, to the entries, to the request that somebody signed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from coalition.cli.explain_sources import Source, over_the_wire, own_database
from coalition.cli.options import As, CycleNumber, Data, IdentityFile, Json, Server, Timeout, id_text
from coalition.cli.printing import Amount, decimal_amount, emit, hint, say, show_table
from coalition.cli.site import open_site
from coalition.cli.voice import voice_of
from coalition.client.calling import DEADLINE_SECONDS
from coalition.client.debts import Posting
from settlement.errors import CoalitionError
from settlement.money import format_micros

_ENTRY = re.compile(r"(\d{1,3}):(\d{1,18})")
_SIDES = ("owes", "owed")


@dataclass(frozen=True)
class _Step:
    """How the next command begins, and what completes it."""

    command: str
    flags: str
    as_json: bool


def explain(
    cycle: CycleNumber,
    partner: Annotated[
        str | None,
        typer.Option(metavar="PARTNER", callback=id_text, help="Whose statement. Default: who speaks."),
    ] = None,
    counterparty: Annotated[
        str | None,
        typer.Option(metavar="PARTNER", callback=id_text, help="Show the entries with this one."),
    ] = None,
    entry: Annotated[
        str | None, typer.Option(metavar="SHARD:INDEX", help="Show what was signed for this entry.")
    ] = None,
    speaker: As = None,
    identity: IdentityFile = None,
    server: Server = None,
    timeout: Timeout = DEADLINE_SECONDS,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show what a statement's amounts come from, step by step: from the books on this machine, or over the wire.

    [dim]coalition statement explain 1 --as bakery[/]

    [dim]coalition statement explain 1 --as bakery --counterparty cinema[/]

    [dim]coalition statement explain 1 --as bakery --entry 1:7[/]

    [dim]coalition statement explain 1 --partner bakery[/]
    """
    place = None if entry is None else _place(entry)
    with _source(cycle, partner, (data, identity, speaker, server, timeout), as_json=as_json) as (
        source,
        step,
    ):
        if place is not None:
            _tell(source.signed(*place), step.flags, as_json=as_json)
        elif counterparty is not None:
            told = source.statement()
            line = _line(told, counterparty)
            _tell_postings(told, line, source.postings(counterparty), step)
        else:
            _tell_net(source.statement(), step)


@contextmanager
def _source(
    cycle: int,
    partner: str | None,
    who: tuple[Path | None, Path | None, str | None, str | None, float],
    *,
    as_json: bool,
) -> Iterator[tuple[Source, _Step]]:
    """Where to look: over the wire if somebody speaks, else in the books on this machine."""
    data, identity, speaker, server, timeout = who
    command = f"coalition statement explain {cycle}"
    named = "" if partner is None else f" --partner {partner}"
    if speaker is not None or identity is not None:
        voice = voice_of(data, identity, speaker, server, as_json, timeout)
        spoken = f" --identity {identity}" if speaker is None else f" --as {speaker}"
        with over_the_wire(voice, cycle, partner or voice.identity.partner_id) as source:
            yield source, _Step(f"{command}{spoken}{named}", voice.flags, as_json)
        return
    if partner is None:
        raise typer.BadParameter("say whose statement, or who speaks", param_hint="--partner / --as")
    site = open_site(data)
    site.require()
    with own_database(site, cycle, partner) as source:
        yield source, _Step(f"{command}{named}", site.flags, as_json)


def _place(entry: str) -> tuple[int, int]:
    match = _ENTRY.fullmatch(entry)
    if match is None:
        raise typer.BadParameter("a shard and a number, as 1:7", param_hint="--entry")
    return int(match[1]), int(match[2])


def _line(told: Any, counterparty: str) -> Any:
    line = next((line for line in told["counterparties"] if line["id"] == counterparty), None)
    if line is None:
        message = (
            f"{told['partner']['id']} has nothing with {counterparty!r} in cycle {told['cycle']['number']}"
        )
        raise CoalitionError("PARTNER_NOT_FOUND", message, field="counterparty")
    return line


def _tell_net(told: Any, step: _Step) -> None:
    """The net, and the amounts with each counterparty that make it."""
    rows = [
        (line["id"], line["owes"]["amount"], line["owed"]["amount"], line["net"])
        for line in told["counterparties"]
    ]
    if step.as_json:
        names = ("counterparty", "owes", "owed", "net")
        parts = [dict(zip(names, row, strict=True)) for row in rows]
        emit({"net": told["net"], "counterparties": parts, "late": _late(told)})
        return
    currency, net = told["currency"], decimal_amount(told["net"])
    say(f"{told['partner']['id']} in cycle {told['cycle']['number']}: net {net} {currency} is the sum of")
    shown = [(row[0], *[decimal_amount(cell) for cell in row[1:]]) for row in rows]
    show_table(("counterparty", f"owes {currency}", f"is owed {currency}", f"net {currency}"), shown)
    late = sum(_late(told).values())
    if late:
        say(
            f"{late:,} of its acts are late: they occurred before the cycle began; `coalition entries` shows which"
        )
    if rows:
        hint(f"{step.command} --counterparty {rows[0][0]}", flags=step.flags)


def _late(told: Any) -> dict[str, int]:
    """How many of the partner's acts say that they occurred before the cycle began."""
    return {asset: told[asset]["late"]["count"] for asset in ("points", "value")}


def _tell_postings(told: Any, line: Any, postings: list[Posting], step: _Step) -> None:
    """The postings with one counterparty, and what is carried from or into another cycle, that make the amounts with it."""
    partner, currency = told["partner"]["id"], told["currency"]
    rows: list[dict[str, Any]] = [
        {
            "entry": f"{each.shard}:{each.entry_number}",
            "kind": each.kind,
            "purpose": each.purpose,
            "side": "owes" if each.debtor == partner else "owed",
            "amount": format_micros(each.amount_micros),
        }
        for each in postings
    ]
    carried = line["purposes"].get("carried", {})
    for side in _SIDES:
        if side in carried and Decimal(carried[side]["amount"]):
            kinds = {"entry": None, "kind": None, "purpose": "carried", "side": side}
            rows.append({**kinds, "amount": carried[side]["amount"]})
    sums = {side: line[side]["amount"] for side in _SIDES}
    if step.as_json:
        emit({"counterparty": line["id"], **sums, "postings": rows})
        return
    say(f"{partner} with {line['id']} in cycle {told['cycle']['number']}:")
    shown = [(row["entry"] or "", row["kind"] or "", row["purpose"], *_in_its_column(row)) for row in rows]
    total = ("", "", "total", *[decimal_amount(sums[side]) for side in _SIDES])
    columns = ("entry", "kind", "for", f"owes {currency}", f"is owed {currency}")
    show_table(columns, [*shown, total])
    if postings:
        hint(f"{step.command} --entry {rows[0]['entry']}", flags=step.flags)


def _in_its_column(row: dict[str, Any]) -> tuple[Amount, Amount]:
    amount, nothing = decimal_amount(row["amount"]), Amount("")
    return (amount, nothing) if row["side"] == "owes" else (nothing, amount)


def _tell(signed: dict[str, Any], flags: str, *, as_json: bool) -> None:
    if as_json:
        emit(signed)
        return
    rows: list[tuple[str, str]] = []
    for name, value in signed.items():
        if isinstance(value, dict):
            rows += [(f"{name} {field.replace('_', ' ')}", str(each)) for field, each in value.items()]
        else:
            values = value if isinstance(value, list) else [value]
            rows += [(name.replace("_", " "), str(each)) for each in values]
    show_table(("of the entry", ""), rows)
    if signed["act_id"]:
        hint(f"coalition audit proof {signed['act_id']} --as {signed['partner']}", flags=flags)
