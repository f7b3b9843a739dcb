"""What is known of settlements: to the operator's people of all, to a partner of its own part."""

from typing import Annotated, Any

import typer

from coalition.cli.currencies import minor_digits
from coalition.cli.figures import Proposed, show_deferred, show_nets, show_sums
from coalition.cli.printing import emit, say, show_table, utc
from coalition.cli.voice import OPERATOR, Voice, speaking
from coalition.client import BlockingClient
from coalition.client.settlement_answers import Settlement
from settlement.clock import format_time, to_us
from settlement.errors import CoalitionError

_UNPAID = ("approved", "instructed", "partially-settled")
_BINDING = (*_UNPAID, "settled")


@speaking(OPERATOR)
def list_settlements(voice: Voice) -> None:
    """List all settlements with their states, the newest last; a partner sees those that it has a part in.

    [dim]coalition settlement list --as bakery[/]
    """
    with voice.asking() as client:
        found = client.settlements()
    if voice.json:
        emit([_document(one) for one in found])
        return
    rows = [
        (one.settlement, one.cycle, one.state, utc(to_us(one.proposed_at)), utc(to_us(one.objections_end)))
        for one in found
    ]
    show_table(("settlement", "cycle", "state", "proposed at", "objections until"), rows)


@speaking(OPERATOR)
def show(
    voice: Voice,
    settlement: Annotated[int | None, typer.Argument(min=1, metavar="SETTLEMENT", help="Its number.")] = None,
    cycle: Annotated[
        int | None, typer.Option(min=1, metavar="CYCLE", help="The settlement of this cycle.")
    ] = None,
) -> None:
    """Show a settlement: its state, its figures, objections, and which legs are paid. A partner sees its own part.

    [dim]coalition settlement show 1[/]
    """
    if (settlement is None) == (cycle is None):
        raise typer.BadParameter(
            "name the settlement by its number or by its cycle", param_hint="SETTLEMENT / --cycle"
        )
    with voice.asking() as client:
        found = _one(client, _of_cycle(client, cycle) if cycle is not None else settlement or 0)
        proposed = _figures(client, found.cycle)
        currency = client.position().currency if proposed is None else proposed.currency
    if voice.json:
        emit({**(proposed.document() if proposed is not None else {}), **_document(found)})
        return
    say(f"settlement {found.settlement} of cycle {found.cycle} is {found.state}")
    by = f"proposed by {found.proposer}" if found.proposer else "proposed"
    say(f"  {by}, {utc(to_us(found.proposed_at))}, SHA-256 {found.proposal_sha256.hex()}")
    if found.state == "objection-period":
        say(f"  participants may object until {utc(to_us(found.objections_end))}")
    if found.payment_due is not None and found.state in _UNPAID:
        say(f"  to be paid before {utc(to_us(found.payment_due))}")
    digits = minor_digits(currency)
    nets = {leg.participant: leg.net_minor for leg in found.legs}
    states = {leg.participant: (leg.state, leg.left_minor) for leg in found.legs}
    legs = states if found.state in _BINDING else None
    show_nets(nets, title=f"cycle {found.cycle}", currency=currency, minor_digits=digits, legs=legs)
    if proposed is not None:
        show_sums(proposed.figures, currency=currency, minor_digits=digits)
    show_deferred([leg.participant for leg in found.legs if leg.state == "deferred"])
    for warning in found.warnings:
        say(f"accepted warning: {warning}")
    _show_objections(found)


def _one(client: BlockingClient, number: int) -> Settlement:
    found = client.settlements(settlement=number)
    if not found:
        message = f"there is no settlement {number}, or you have no part in it"
        raise CoalitionError("SETTLEMENT_NOT_FOUND", message)
    return found[0]


def _of_cycle(client: BlockingClient, cycle: int) -> int:
    """The number of the cycle's approved settlement, else of its newest."""
    found = [one for one in client.settlements() if one.cycle == cycle]
    if not found:
        message = f"nobody has proposed to settle cycle {cycle}; `coalition settlement propose {cycle} --as NAME` does"
        raise CoalitionError("SETTLEMENT_NOT_FOUND", message)
    return next((one for one in found if one.state in _BINDING), found[-1]).settlement


def _figures(client: BlockingClient, cycle: int) -> Proposed | None:
    """The cycle's figures, which partners are not told."""
    try:
        return Proposed(client.preview(cycle=cycle))
    except CoalitionError as error:
        if error.reason == "ROLE_MISSING":
            return None
        raise


def _show_objections(found: Settlement) -> None:
    words = {None: "no answer yet", True: "accepted", False: "rejected"}
    rows = [
        (each.participant, utc(to_us(each.raised_at)), each.words, words[each.accepted], each.answer or "-")
        for each in found.objections
    ]
    if rows:
        show_table(("participant", "objected at", "because", "answer", "because"), rows, title="objections")


def _document(found: Settlement) -> dict[str, Any]:
    return {
        "settlement": found.settlement,
        "cycle": found.cycle,
        "state": found.state,
        "proposer": found.proposer,
        "proposed_at": format_time(to_us(found.proposed_at)),
        "objections_end": format_time(to_us(found.objections_end)),
        "payment_due": None if found.payment_due is None else format_time(to_us(found.payment_due)),
        "proposal_sha256": found.proposal_sha256.hex(),
        "warnings": list(found.warnings),
        "nets": [{"participant": leg.participant, "net_minor": leg.net_minor} for leg in found.legs],
        "legs": [
            {
                "participant": leg.participant,
                "net_minor": leg.net_minor,
                "paid": leg.state in ("paid", "reconciled"),
                "left_minor": leg.left_minor,
                "state": leg.state,
            }
            for leg in found.legs
            if leg.net_minor or leg.state != "-"
        ],
        "objections": [
            {
                "participant": each.participant,
                "words": each.words,
                "raised_at": format_time(to_us(each.raised_at)),
                "accepted": each.accepted,
                "answer": each.answer,
            }
            for each in found.objections
        ],
    }
