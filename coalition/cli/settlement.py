"""`coalition settlement`: from a closed cycle's figures to paid legs, by two people."""

import sys
from typing import Annotated

import typer

from coalition.cli.amounts import amount_minor
from coalition.cli.currencies import minor_digits
from coalition.cli.defaults import approve_default, default
from coalition.cli.failures import REFUSED, tell_refusal
from coalition.cli.figures import Proposed, show_figures, show_nets
from coalition.cli.house_view import (
    read_house,
    settlement_of_cycle,
    settlement_of_number,
    settlement_of_proposal,
    state_of,
)
from coalition.cli.options import ActId, CycleNumber, Yes
from coalition.cli.printing import emit, hint, money_minor, say, utc
from coalition.cli.telling import outcome_document, tell_outcome
from coalition.cli.usage import wrong_usage
from coalition.cli.voice import OPERATOR, Voice, speaking
from coalition.client import BlockingClient, Outcome
from settlement.clock import format_time
from settlement.errors import CoalitionError
from settlement.house.records import Settlement
from settlement.house.state import House

app = typer.Typer(no_args_is_help=True, help="Preview, propose, approve, confirm and show settlements.")
app.command("default")(default)
app.command("approve-default")(approve_default)
Number = Annotated[
    int, typer.Argument(min=1, max=2**31 - 1, metavar="SETTLEMENT", help="The settlement's number.")
]


@app.command()
@speaking(OPERATOR)
def preview(voice: Voice, cycle: CycleNumber) -> None:
    """Show what settling a closed cycle would come to; posts nothing.

    [dim]coalition settlement preview 1[/]
    """
    with voice.asking() as client:
        proposed = _preview(client, cycle)
    if voice.json:
        emit(proposed.document())
        return
    _show_proposed(proposed)
    hint(f"coalition settlement propose {cycle} --as NAME", flags=voice.flags)


@app.command()
@speaking()
def propose(voice: Voice, cycle: CycleNumber, act_id: ActId = None) -> None:
    """Propose to settle a closed cycle by its figures; another person then approves the same bytes.

    [dim]coalition settlement propose 1 --as ann[/]
    """
    with voice.acting() as client:
        proposed = _preview(client, cycle)
        outcome = client.propose(proposal=proposed.proposal, act_id=act_id)
    if not voice.json and outcome.refusal is None:
        _show_proposed(proposed)
    step = f"another person: coalition settlement approve --proposal {proposed.sha256} --as NAME"
    tell_outcome(voice, outcome, f"proposed {proposed.sha256}", step)


@app.command()
@speaking()
def approve(
    voice: Voice,
    proposal: Annotated[
        str | None,
        typer.Option(metavar="SHA256", help="The proposal's SHA-256, or enough of its first digits."),
    ] = None,
    cycle: Annotated[
        int | None, typer.Option(min=1, metavar="CYCLE", help="The cycle's newest proposal.")
    ] = None,
    yes: Yes = False,
    act_id: ActId = None,
) -> None:
    """Approve a proposal as another person than the proposer; all figures are computed again, then posted.

    [dim]coalition settlement approve --cycle 1 --as bob[/]
    """
    if (proposal is None) == (cycle is None):
        raise typer.BadParameter(
            "name the proposal by its SHA-256 or by its cycle", param_hint="--proposal / --cycle"
        )
    if not yes and (voice.json or not sys.stdin.isatty()):
        message = "nobody can be asked here: add --yes to approve without being asked"
        raise typer.BadParameter(message, param_hint="--yes")
    with voice.acting() as client:
        house = read_house(client)
        found = (
            settlement_of_cycle(house, cycle)
            if cycle is not None
            else settlement_of_proposal(house, (proposal or "").lower())
        )
        if not voice.json:
            _show_for_approval(client, house, found)
        if not yes and not typer.confirm(
            f"Approve settlement {found.number} of cycle {found.cycle}?", err=True
        ):
            raise CoalitionError("NOT_APPROVED", "nothing was approved")
        outcome = client.approve(proposal_sha256=bytes.fromhex(found.proposal_sha256), act_id=act_id)
    step = f"when the bank has moved the money: coalition settlement confirm {found.number} --all-legs"
    tell_outcome(voice, outcome, f"approved settlement {found.number} of cycle {found.cycle}", step)


def _preview(client: BlockingClient, cycle: int) -> Proposed:
    """The proposal of a cycle that is closed; the client waits while its shards still cut it, and would wait for an open one."""
    if any(known.cycle == cycle and known.state == "open" for known in client.cycles()):
        raise CoalitionError("CYCLE_NOT_CLOSED", f"cycle {cycle} is open; it is settled once it is closed")
    return Proposed(client.preview(cycle=cycle))


def _show_for_approval(client: BlockingClient, house: House, found: Settlement) -> None:
    """What the person is asked to sign, and whether the figures computed now still say the same."""
    proposed = Proposed(client.preview(cycle=found.cycle))
    say(f"proposed by {found.proposer}, {utc(found.proposed_at_us)}, SHA-256 {found.proposal_sha256}")
    if proposed.sha256 == found.proposal_sha256:
        _show_proposed(proposed)
        return
    network = house.founded
    show_nets(
        found.nets, title=f"cycle {found.cycle}", currency=network.currency, minor_digits=network.minor_digits
    )
    say("warning: the figures computed now are others than those proposed")


@app.command()
@speaking(OPERATOR)
def confirm(
    voice: Voice,
    settlement: Number,
    participant: Annotated[
        str | None, typer.Option("--leg", metavar="PARTICIPANT", help="Whose leg is paid.")
    ] = None,
    amount: Annotated[
        str | None,
        typer.Option(metavar="DECIMAL", help="What the bank moved for it, as 12.50; it must be the leg's."),
    ] = None,
    all_legs: Annotated[
        bool, typer.Option("--all-legs", help="Every leg that is not paid yet, at its full amount.")
    ] = False,
    act_id: ActId = None,
) -> None:
    """Confirm that legs of an approved settlement are paid.

    [dim]coalition settlement confirm 1 --leg bakery --amount 12.50[/]

    [dim]coalition settlement confirm 1 --all-legs[/]
    """
    if (
        all_legs == (participant is not None)
        or (participant is None) != (amount is None)
        or (all_legs and act_id)
    ):
        raise typer.BadParameter(
            "either --all-legs, or --leg with its --amount", param_hint="--leg / --all-legs"
        )
    if all_legs:
        _confirm_all(voice, settlement)
        return
    with voice.acting() as client:
        digits = read_house(client).founded.minor_digits
        with wrong_usage("--amount"):
            minor = amount_minor(amount or "", minor_digits=digits)
        outcome = client.confirm(
            settlement=settlement, participant=participant or "", amount_minor=minor, act_id=act_id
        )
    tell_outcome(
        voice, outcome, f"confirmed the leg of {participant}", f"coalition settlement show {settlement}"
    )


def _confirm_all(voice: Voice, number: int) -> None:
    outcomes: list[tuple[str, int, Outcome]] = []
    with voice.acting() as client:
        house = read_house(client)
        found = settlement_of_number(house, number)
        if not found.approved:
            raise CoalitionError(
                "SETTLEMENT_NOT_APPROVED", f"settlement {number} is not approved, so nothing is due"
            )
        for name, net in found.unpaid.items():
            outcome = client.confirm(settlement=number, participant=name, amount_minor=abs(net))
            outcomes.append((name, net, outcome))
            if outcome.refusal is not None:
                break
    if voice.json:
        emit([{"participant": name, **outcome_document(outcome)} for name, _, outcome in outcomes])
    currency, digits = house.founded.currency, house.founded.minor_digits
    for name, net, outcome in outcomes:
        if outcome.refusal is not None:
            tell_refusal(outcome.refusal)
            raise typer.Exit(REFUSED)
        if not voice.json:
            money = money_minor(abs(net), currency=currency, minor_digits=digits)
            say(
                f"{name} {'has paid' if net > 0 else 'was paid'} {money}, entry {outcome.shard}:{outcome.index}"
            )
    if not voice.json:
        say(f"settlement {number} is settled")
        hint(f"coalition statement write {found.cycle} --out statements", flags=voice.flags)


@app.command()
@speaking(OPERATOR)
def show(
    voice: Voice,
    settlement: Annotated[int | None, typer.Argument(min=1, metavar="SETTLEMENT", help="Its number.")] = None,
    cycle: Annotated[
        int | None, typer.Option(min=1, metavar="CYCLE", help="The settlement of this cycle.")
    ] = None,
) -> None:
    """Show a settlement: its figures, and which legs are paid.

    [dim]coalition settlement show 1[/]
    """
    if (settlement is None) == (cycle is None):
        raise typer.BadParameter(
            "name the settlement by its number or by its cycle", param_hint="SETTLEMENT / --cycle"
        )
    with voice.asking() as client:
        house = read_house(client)
        found = (
            settlement_of_cycle(house, cycle)
            if cycle is not None
            else settlement_of_number(house, settlement or 0)
        )
        proposed = Proposed(client.preview(cycle=found.cycle))
    if voice.json:
        emit(_document(found, proposed))
        return
    network = house.founded
    say(f"settlement {found.number} of cycle {found.cycle} is {state_of(found)}")
    say(f"  proposed by {found.proposer}, {utc(found.proposed_at_us)}, SHA-256 {found.proposal_sha256}")
    show_figures(
        proposed.figures, cycle=found.cycle, currency=network.currency, minor_digits=network.minor_digits
    )
    legs = {name: found.state_of(name) for name in found.legs} if found.approved else None
    show_nets(
        found.nets, title="legs", currency=network.currency, minor_digits=network.minor_digits, legs=legs
    )


def _document(found: Settlement, proposed: Proposed) -> dict[str, object]:
    legs = [
        {
            "participant": name,
            "net_minor": net,
            "paid": name in found.paid,
            "left_minor": found.unpaid.get(name, 0),
            "state": found.state_of(name),
        }
        for name, net in found.legs.items()
    ]
    return {
        **proposed.document(),
        "settlement": found.number,
        "state": state_of(found),
        "proposer": found.proposer,
        "proposed_at": format_time(found.proposed_at_us),
        "proposal_sha256": found.proposal_sha256,
        "nets": [{"participant": name, "net_minor": net} for name, net in found.nets.items()],
        "legs": legs,
    }


def _show_proposed(proposed: Proposed) -> None:
    digits = minor_digits(proposed.currency)
    show_figures(proposed.figures, cycle=proposed.cycle, currency=proposed.currency, minor_digits=digits)
