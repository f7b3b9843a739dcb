"""`coalition statement explain`: from a net amount to whom it is with, to the entries, to the request that somebody signed."""

import re
from hashlib import sha256
from typing import Annotated, Any

import typer
from google.protobuf.json_format import MessageToDict

from coalition.audit.claims import read_claim, read_request, what_is_wrong_with_key
from coalition.audit.signatures import Job, why_not_genuine
from coalition.cli.options import CycleNumber, Data, Json
from coalition.cli.printing import Amount, decimal_amount, emit, hint, say, show_table, utc
from coalition.cli.sharing import database
from coalition.cli.site import Site, open_site
from settlement.database import READER, connect
from settlement.errors import CoalitionError
from settlement.house.state import House
from settlement.journal.leaf import parse_leaf
from settlement.ledger.memory import load_house
from settlement.money import format_micros, format_minor
from settlement.statements.build import Line, Statement, statement
from settlement.statements.drilling import Posting, entry_with_payload, postings_between
from settlement.statements.purposes import CARRIED, Charge
from settlement.statements.reading import read_cycle_book

_ENTRY = re.compile(r"(\d{1,3}):(\d{1,18})")


def explain(
    cycle: CycleNumber,
    partner: Annotated[str, typer.Option(metavar="PARTNER", help="Whose statement.")],
    counterparty: Annotated[
        str | None, typer.Option(metavar="PARTNER", help="Show the entries with this one.")
    ] = None,
    entry: Annotated[
        str | None, typer.Option(metavar="SHARD:INDEX", help="Show what was signed for this entry.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show what a statement's amounts come from, step by step, from the books on this machine.

    [dim]coalition statement explain 1 --partner bakery[/]

    [dim]coalition statement explain 1 --partner bakery --counterparty cinema[/]

    [dim]coalition statement explain 1 --partner bakery --entry 1:7[/]
    """
    site = open_site(data)
    site.require()
    with database(site), connect(site.dsn(READER), READER) as connection:
        house = load_house(connection)
        told = statement(read_cycle_book(connection, house, cycle), partner)
        if entry is not None:
            found = entry_with_payload(connection, *_place(entry))
            _tell(_signed(house, entry, found), site, as_json=as_json)
        elif counterparty is not None:
            line = _line(told, counterparty)
            postings = postings_between(connection, house, told.book, partner, counterparty)
            _tell_postings(told, line, postings, site, as_json=as_json)
        else:
            _tell_net(told, site, as_json=as_json)


def _place(entry: str) -> tuple[int, int]:
    match = _ENTRY.fullmatch(entry)
    if match is None:
        raise typer.BadParameter("a shard and a number, as 1:7", param_hint="--entry")
    return int(match[1]), int(match[2])


def _line(told: Statement, counterparty: str) -> Line:
    line = next((line for line in told.lines if line.counterparty == counterparty), None)
    if line is None:
        message = f"{told.partner} has nothing with {counterparty!r} in cycle {told.book.cycle}"
        raise CoalitionError("PARTNER_NOT_FOUND", message, field="counterparty")
    return line


def _tell_net(told: Statement, site: Site, *, as_json: bool) -> None:
    """The net, and the amounts with each counterparty that make it."""
    digits = told.book.minor_digits
    rows = [
        (
            line.counterparty,
            format_minor(line.owes.amount_minor, minor_digits=digits),
            format_minor(line.owed.amount_minor, minor_digits=digits),
            format_minor(line.net_minor, minor_digits=digits),
        )
        for line in told.lines
    ]
    net = format_minor(told.net_minor, minor_digits=digits)
    if as_json:
        names = ("counterparty", "owes", "owed", "net")
        parts = [dict(zip(names, row, strict=True)) for row in rows]
        emit({"net": net, "counterparties": parts, "late": _late(told)})
        return
    currency = told.book.currency
    say(f"{told.partner} in cycle {told.book.cycle}: net {decimal_amount(net)} {currency} is the sum of")
    shown = [(row[0], *[decimal_amount(cell) for cell in row[1:]]) for row in rows]
    show_table(("counterparty", f"owes {currency}", f"is owed {currency}", f"net {currency}"), shown)
    late = sum(_late(told).values())
    if late:
        say(
            f"{late:,} of its acts are late: they occurred before the cycle began; `coalition entries` shows which"
        )
    if rows:
        step = f"coalition statement explain {told.book.cycle} --partner {told.partner}"
        hint(f"{step} --counterparty {rows[0][0]}", flags=site.flags)


def _late(told: Statement) -> dict[str, int]:
    """How many of the partner's acts say that they occurred before the cycle began."""
    return {"points": told.activity.late.count, "value": told.value.late.count}


def _tell_postings(
    told: Statement, line: Line, postings: list[Posting], site: Site, *, as_json: bool
) -> None:
    """The postings with one counterparty, and what is carried from or into another cycle, that make the amounts with it."""
    rows: list[dict[str, Any]] = [
        {
            "entry": f"{each.shard}:{each.index}",
            "kind": each.kind,
            "purpose": each.purpose,
            "side": "owes" if each.debtor == told.partner else "owed",
            "amount": format_micros(each.micros),
        }
        for each in postings
    ]
    for side, charges in (("owes", line.owes_for), ("owed", line.owed_for)):
        carried = charges.get(CARRIED, Charge()).micros
        if carried:
            kinds = {"entry": None, "kind": None, "purpose": CARRIED, "side": side}
            rows.append({**kinds, "amount": format_micros(carried)})
    digits, currency = told.book.minor_digits, told.book.currency
    sums = {
        "owes": format_minor(line.owes.amount_minor, minor_digits=digits),
        "owed": format_minor(line.owed.amount_minor, minor_digits=digits),
    }
    if as_json:
        emit({"counterparty": line.counterparty, **sums, "postings": rows})
        return
    say(f"{told.partner} with {line.counterparty} in cycle {told.book.cycle}:")
    shown = [(row["entry"] or "", row["kind"] or "", row["purpose"], *_in_its_column(row)) for row in rows]
    total = ("", "", "total", *[decimal_amount(sums[side]) for side in ("owes", "owed")])
    columns = ("entry", "kind", "for", f"owes {currency}", f"is owed {currency}")
    show_table(columns, [*shown, total])
    if postings:
        step = f"coalition statement explain {told.book.cycle} --partner {told.partner}"
        hint(f"{step} --entry {rows[0]['entry']}", flags=site.flags)


def _in_its_column(row: dict[str, Any]) -> tuple[Amount, Amount]:
    amount, nothing = decimal_amount(row["amount"]), Amount("")
    return (amount, nothing) if row["side"] == "owes" else (nothing, amount)


def _signed(house: House, place: str, found: tuple[bytes, bytes, bytes | None] | None) -> dict[str, Any]:
    """Who signed what for an entry, each part verified."""
    if found is None:
        raise CoalitionError("ENTRY_NOT_FOUND", f"there is no entry {place}", field="entry")
    leaf, digest, payload = found
    entry = parse_leaf(leaf)
    facts = {
        "entry": place,
        "kind": entry.kind,
        "recorded_at": utc(entry.time_us),
        "leaf_hash": digest.hex(),
        "postings": [value for value in entry.all("post") if " PTS " not in value],
    }
    claim = read_claim(entry)
    if claim is None:
        return {**facts, "act_id": None, "signed_by": "nobody: it is the engine's own"}
    wrong = what_is_wrong_with_key(
        house, entry.kind, at=entry.house, keyid=claim.keyid, partner=claim.partner
    )
    facts |= {"partner": claim.partner, "act_id": claim.act_id, "keyid": claim.keyid, "key": wrong or "good"}
    if payload is None:
        return {**facts, "signature": "cannot be verified: what was signed is erased", "request": None}
    key = house.keys[claim.keyid]
    fault = why_not_genuine(Job(place, key.spki, claim.signature, claim.payload_type, payload))
    same = sha256(payload).digest() == claim.payload_sha256
    request = read_request(claim, payload, kind=entry.kind)
    return {
        **facts,
        "signature": fault or "genuine",
        "payload_sha256": f"{claim.payload_sha256.hex()} {'holds' if same else 'does not hold'}",
        "request": MessageToDict(request, preserving_proto_field_name=True),
    }


def _tell(signed: dict[str, Any], site: Site, *, as_json: bool) -> None:
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
        hint(f"coalition audit proof {signed['act_id']} --as {signed['partner']}", flags=site.flags)
