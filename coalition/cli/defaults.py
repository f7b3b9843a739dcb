"""`coalition settlement default | approve-default`: a leg that is not paid in time, and who bears it."""

from typing import Annotated

import typer

from coalition.cli.approval import ask, must_be_asked
from coalition.cli.house_view import read_house
from coalition.cli.options import ActId, Yes, id_text
from coalition.cli.printing import Amount, money_minor, say, show_table, utc
from coalition.cli.telling import tell_outcome
from coalition.cli.voice import Voice, speaking
from coalition.wire.securities import parse_default
from settlement.errors import CoalitionError
from settlement.house.records import Network
from settlement.house.security import Default, Waterfall

Number = Annotated[
    int, typer.Argument(min=1, max=2**31 - 1, metavar="SETTLEMENT", help="The settlement's number.")
]
Who = Annotated[str, typer.Argument(metavar="PARTICIPANT", callback=id_text, help="Whose leg is overdue.")]


@speaking()
def default(voice: Voice, settlement: Number, participant: Who, act_id: ActId = None) -> None:
    """Propose that a participant is in default with its overdue leg; shows who bears it, and another person then approves.

    [dim]coalition settlement default 1 bakery --as ann[/]
    """
    with voice.acting() as client:
        network = read_house(client).founded
        proposal = client.preview_default(settlement=settlement, participant=participant)
        _, body = parse_default(proposal)
        outcome = client.propose_default(proposal=proposal, act_id=act_id)
    if not voice.json and outcome.refusal is None:
        _show_fall(participant, body.fall, network)
    step = f"another person: coalition settlement approve-default {settlement} {participant} --as NAME"
    tell_outcome(voice, outcome, f"proposed {body.proposal_sha256}", step)


@speaking()
def approve_default(
    voice: Voice, settlement: Number, participant: Who, yes: Yes = False, act_id: ActId = None
) -> None:
    """Approve the newest proposal that a participant is in default, as another person; all is computed again, then posted.

    [dim]coalition settlement approve-default 1 bakery --as bob[/]
    """
    must_be_asked(voice, yes=yes)
    with voice.acting() as client:
        house = read_house(client)
        found = _default_of([*house.security.defaults.values()], settlement, participant)
        if not voice.json:
            say(f"proposed by {found.proposer}, {utc(found.proposed_at_us)}, SHA-256 {found.proposal_sha256}")
            _show_fall(participant, found.fall, house.founded)
        ask(f"Is {participant} in default with settlement {settlement}?", yes=yes)
        digest = bytes.fromhex(found.proposal_sha256)
        outcome = client.approve_default(proposal_sha256=digest, act_id=act_id)
    sentence = f"{participant} is in default with settlement {settlement}"
    tell_outcome(voice, outcome, sentence, f"coalition settlement show {settlement}")


def _default_of(known: list[Default], settlement: int, participant: str) -> Default:
    found = [each for each in known if (each.settlement, each.participant) == (settlement, participant)]
    if not found:
        message = f"nobody has proposed it; `coalition settlement default {settlement} {participant} --as NAME` does"
        raise CoalitionError("PROPOSAL_NOT_FOUND", message)
    return max(found, key=lambda each: each.proposed_at_us)


def _show_fall(participant: str, fall: Waterfall, network: Network) -> None:
    def money(amount_minor: int) -> Amount:
        return money_minor(amount_minor, currency=network.currency, minor_digits=network.minor_digits)

    rows = [
        (f"collateral of {participant}", money(fall.collateral)),
        (f"guarantee of {participant}", money(fall.guarantee)),
        ("capital of the operator", money(fall.capital)),
        *[(f"survivor {name}", money(amount)) for name, amount in fall.borne.items()],
        ("the operator beyond its capital", money(fall.shortfall)),
        ("the leg", money(fall.unpaid)),
    ]
    show_table(("borne by", "amount"), rows)
