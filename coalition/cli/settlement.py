"""`coalition settlement`: from a closed cycle's figures to paid legs, by two people."""

from typing import Annotated

import typer

from coalition.cli.approval import ask, must_be_asked
from coalition.cli.currencies import minor_digits
from coalition.cli.defaults import approve_default, default
from coalition.cli.figures import Proposed, show_comparison, show_deferred, show_figures, show_nets
from coalition.cli.house_view import (
    read_house,
    settlement_of_cycle,
    settlement_of_proposal,
)
from coalition.cli.options import ActId, CycleNumber, Yes
from coalition.cli.printing import emit, hint, say, utc
from coalition.cli.settlement_disputes import abort, answer, cancel, object_to
from coalition.cli.settlement_legs import confirm
from coalition.cli.settlement_views import list_settlements, show
from coalition.cli.telling import tell_outcome
from coalition.cli.voice import OPERATOR, Voice, speaking
from coalition.client import BlockingClient
from settlement.clearing.warnings import compared_with
from settlement.errors import CoalitionError
from settlement.house.records import Settlement
from settlement.house.state import House

app = typer.Typer(
    no_args_is_help=True, help="Preview, propose, object to, approve, confirm and show settlements."
)
app.command("default")(default)
app.command("approve-default")(approve_default)


@app.command()
@speaking(OPERATOR)
def preview(voice: Voice, cycle: CycleNumber) -> None:
    """Show what settling a closed cycle would come to; posts nothing.

    [dim]coalition settlement preview 1[/]
    """
    with voice.asking() as client:
        proposed = Proposed(client.preview(cycle=cycle))
        earlier = [Proposed(client.preview(cycle=number)) for number in compared_with(cycle)]
    if voice.json:
        compared = [{"cycle": each.cycle, "nets": each.document()["nets"]} for each in earlier]
        emit({**proposed.document(), "earlier": compared})
        return
    _show_proposed(proposed)
    show_comparison(proposed, earlier)
    accepting = "".join([f" --accept {warning}" for warning in proposed.warnings])
    hint(f"coalition settlement propose {cycle}{accepting} --as NAME", flags=voice.flags)


@app.command()
@speaking()
def propose(
    voice: Voice,
    cycle: CycleNumber,
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="WARNING", help="A warning of the preview that you have looked at; repeat it."),
    ] = None,
    act_id: ActId = None,
) -> None:
    """Propose to settle a closed cycle by its figures; another person then approves the same bytes.

    [dim]coalition settlement propose 1 --as ann[/]
    """
    with voice.acting() as client:
        proposed = Proposed(client.preview(cycle=cycle))
        _check_accepted(proposed.warnings, accept or [])
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
    must_be_asked(voice, yes=yes)
    with voice.acting() as client:
        house = read_house(client)
        found = (
            settlement_of_cycle(house, cycle)
            if cycle is not None
            else settlement_of_proposal(house, (proposal or "").lower())
        )
        if not voice.json:
            _show_for_approval(client, house, found)
        ask(f"Approve settlement {found.number} of cycle {found.cycle}?", yes=yes)
        outcome = client.approve(proposal_sha256=bytes.fromhex(found.proposal_sha256), act_id=act_id)
    number = found.number
    steps = (
        f"payment files for the bank, to accounts that are approved: coalition instruction write {number} --out payments",
        f"when it has moved the money: coalition settlement confirm {number} --all-legs",
        f"while no leg is paid: coalition settlement abort {number} --as NAME",
    )
    tell_outcome(voice, outcome, f"approved settlement {number} of cycle {found.cycle}", *steps)


def _check_accepted(warnings: list[str], accepted: list[str]) -> None:
    """CoalitionError WARNINGS_NOT_ACCEPTED unless exactly the warnings that hold are accepted by name."""
    if sorted(accepted) != warnings:
        said = " ".join([f"--accept {warning}" for warning in warnings]) or "none, so without --accept"
        raise CoalitionError(
            "WARNINGS_NOT_ACCEPTED", f"look at the preview, then accept what it warns of: {said}"
        )


def _show_for_approval(client: BlockingClient, house: House, found: Settlement) -> None:
    """What the person is asked to sign, and whether the figures computed now still say the same."""
    proposed = Proposed(client.preview(cycle=found.cycle))
    say(f"proposed by {found.proposer}, {utc(found.proposed_at_us)}, SHA-256 {found.proposal_sha256}")
    if proposed.sha256 == found.proposal_sha256:
        _show_proposed(proposed)
        for warning in proposed.warnings:
            say(f"warning: {warning}")
        return
    network = house.founded
    show_nets(
        found.nets, title=f"cycle {found.cycle}", currency=network.currency, minor_digits=network.minor_digits
    )
    say("warning: the figures computed now are others than those proposed")


def _show_proposed(proposed: Proposed) -> None:
    digits = minor_digits(proposed.currency)
    show_figures(proposed.figures, cycle=proposed.cycle, currency=proposed.currency, minor_digits=digits)
    show_deferred(proposed.deferred)


app.command("object")(object_to)
for _command in (answer, cancel, abort, confirm, show):
    app.command()(_command)
app.command("list")(list_settlements)
