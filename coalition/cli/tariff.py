"""`coalition tariff`: what points cost and earn, changed by two people."""

from dataclasses import fields, replace
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

import typer

from coalition.cli.approval import ask, must_be_asked
from coalition.cli.options import ActId, Yes
from coalition.cli.printing import emit, say, show_table, utc
from coalition.cli.telling import tell_outcome
from coalition.cli.terms import TERMS, UNITS, Terms, taking_terms
from coalition.cli.voice import OPERATOR, Voice, speaking
from coalition.client import BlockingClient
from coalition.client.answers import ProposedTariff, WaitingTariff
from settlement.clock import format_time, to_us
from settlement.errors import CoalitionError
from settlement.house.tariff import Tariff
from settlement.money import format_micros

app = typer.Typer(no_args_is_help=True, help="Show, propose and approve tariffs.")
_MICROS = "_micros"
_UNITS = {term.field: UNITS[term.metavar] for term in TERMS if term.metavar in UNITS}


@app.command()
@speaking(OPERATOR)
def show(voice: Voice) -> None:
    """Show the tariff in force, the one that is coming, and those that wait for a second person.

    [dim]coalition tariff show[/]
    """
    with voice.asking() as client:
        tariffs = client.tariffs()
    if voice.json:
        coming = None if tariffs.coming is None else _document(tariffs.coming)
        emit(
            {
                "in_force": {"entry_number": tariffs.in_force_entry, **_terms(tariffs.in_force)},
                "coming": coming,
                "waiting": [_waiting_document(each) for each in tariffs.waiting],
            }
        )
        return
    say(f"in force since entry 0:{tariffs.in_force_entry}")
    _show_terms(tariffs.in_force)
    if tariffs.coming is not None:
        say(f"approved, {_when(tariffs.coming)}")
        _show_terms(tariffs.coming.tariff)
    for each in tariffs.waiting:
        _show_waiting(each)


@app.command()
@speaking()
@taking_terms
def propose(
    voice: Voice,
    terms: Terms,
    *,
    effective_from: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TIME",
            help="Not in force before, as 2027-01-01T00:00:00Z. Default: in force once approved.",
        ),
    ] = None,
    act_id: ActId = None,
) -> None:
    """Propose other terms, of which those not given stay as they are; another person then approves them.

    [dim]coalition tariff propose --point-value 0.008 --from 2027-01-01T00:00:00Z --as ann[/]
    """
    moment = None if effective_from is None else _moment(effective_from)
    with voice.acting() as client:
        tariff = replace(client.tariffs().in_force, **terms)
        outcome = client.propose_tariff(tariff, effective_from=moment, act_id=act_id)
    if not voice.json and outcome.refusal is None:
        _show_terms(tariff)
    tell_outcome(voice, outcome, "proposed this tariff", "another person: coalition tariff approve --as NAME")


@app.command()
@speaking()
def approve(
    voice: Voice,
    proposal: Annotated[
        str,
        typer.Option(metavar="SHA256", help="First digits of its SHA-256, where more than one tariff waits."),
    ] = "",
    yes: Yes = False,
    act_id: ActId = None,
) -> None:
    """Approve a proposed tariff as another person than the proposer.

    [dim]coalition tariff approve --as bob[/]
    """
    must_be_asked(voice, yes=yes)
    with voice.acting() as client:
        found = _to_approve(client, proposal.lower())
        if not voice.json:
            _show_waiting(found)
        ask("Approve this tariff?", yes=yes)
        outcome = client.approve_tariff(proposal_sha256=sha256(found.proposal).digest(), act_id=act_id)
    tell_outcome(voice, outcome, f"approved the tariff, {_when(found.proposed)}", "coalition tariff show")


def _to_approve(client: BlockingClient, digits: str) -> WaitingTariff:
    """The proposal that is meant. CoalitionError PROPOSAL_NOT_FOUND, DIGEST_AMBIGUOUS."""
    found = [each for each in client.tariffs().waiting if _digest(each).startswith(digits)]
    if not found:
        message = "no such tariff waits for a second person: `coalition tariff show` lists those that do"
        raise CoalitionError("PROPOSAL_NOT_FOUND", message)
    if len(found) > 1:
        message = "several tariffs wait: name one by the first digits of its SHA-256, with --proposal"
        raise CoalitionError("DIGEST_AMBIGUOUS", message)
    return found[0]


def _digest(waiting: WaitingTariff) -> str:
    return sha256(waiting.proposal).hexdigest()


def _moment(text: str) -> datetime:
    """A time as people type it, with its zone; wrong usage for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        demand = f"{text!r} is no time with a zone, such as 2027-01-01T00:00:00Z"
        raise typer.BadParameter(demand, param_hint="--from")
    return moment


def _when(proposed: ProposedTariff) -> str:
    starts = proposed.effective_from
    return "in force once approved" if starts is None else f"in force from {utc(to_us(starts))} on"


def _show_waiting(waiting: WaitingTariff) -> None:
    say(f"proposed by {waiting.proposer}, {utc(to_us(waiting.proposed_at))}, SHA-256 {_digest(waiting)}")
    say(f"  {_when(waiting.proposed)}")
    _show_terms(waiting.proposed.tariff)


def _show_terms(tariff: Tariff) -> None:
    """Money as decimal units of the currency, all else as it is."""
    rows = [
        (
            term.removesuffix(_MICROS).replace("_", " "),
            format_micros(value) if term.endswith(_MICROS) else "none" if value is None else value,
            _UNITS.get(term, ""),
        )
        for term, value in _terms(tariff).items()
    ]
    show_table(("term", "value", "unit"), rows)


def _terms(tariff: Tariff) -> dict[str, Any]:
    return {each.name: getattr(tariff, each.name) for each in fields(tariff)}


def _document(proposed: ProposedTariff) -> dict[str, object]:
    starts = proposed.effective_from
    return {
        "effective_from": None if starts is None else format_time(to_us(starts)),
        **_terms(proposed.tariff),
    }


def _waiting_document(waiting: WaitingTariff) -> dict[str, object]:
    return {
        "proposal_sha256": _digest(waiting),
        "proposer": waiting.proposer,
        "proposed_at": format_time(to_us(waiting.proposed_at)),
        **_document(waiting.proposed),
    }
