"""What ends a settlement before it is paid: objections and their answers, second thoughts before and after the approval."""

from typing import Annotated

import typer

from coalition.cli.options import ActId, SettlementNumber
from coalition.cli.telling import tell_outcome
from coalition.cli.voice import Voice, speaking

Words = Annotated[str, typer.Option("--because", metavar="TEXT", help="Why: at most 200 ASCII characters.")]


@speaking()
def object_to(voice: Voice, settlement: SettlementNumber, words: Words, act_id: ActId = None) -> None:
    """Object, as a participant, to a proposed settlement while there is time.

    [dim]coalition settlement object 1 --because "a redemption is missing" --as bakery[/]
    """
    with voice.acting() as client:
        outcome = client.object_to(settlement=settlement, words=words, act_id=act_id)
    step = f"the operator answers it; coalition settlement show {settlement} tells"
    tell_outcome(voice, outcome, f"objected to settlement {settlement}", step)


@speaking()
def answer(
    voice: Voice,
    settlement: SettlementNumber,
    participant: Annotated[str, typer.Option("--to", metavar="PARTICIPANT", help="Who objected.")],
    words: Words,
    accept: Annotated[bool, typer.Option("--accept/--reject", help="Accepted, it cancels the proposal.")],
    act_id: ActId = None,
) -> None:
    """Answer a participant's objection to a proposed settlement.

    [dim]coalition settlement answer 1 --to bakery --reject --because "it is in cycle 2" --as ann[/]
    """
    with voice.acting() as client:
        outcome = client.answer_objection(
            settlement=settlement, participant=participant, accepted=accept, words=words, act_id=act_id
        )
    done = f"{'accepted' if accept else 'rejected'} the objection of {participant}"
    step = (
        "propose it anew: coalition settlement propose" if accept else "it is approved when its time has come"
    )
    tell_outcome(voice, outcome, done, step)


@speaking()
def cancel(voice: Voice, settlement: SettlementNumber, act_id: ActId = None) -> None:
    """Take a proposal back before anybody has approved it.

    [dim]coalition settlement cancel 1 --as ann[/]
    """
    with voice.acting() as client:
        outcome = client.cancel_settlement(settlement=settlement, act_id=act_id)
    tell_outcome(voice, outcome, f"cancelled settlement {settlement}", "coalition settlement list")


@speaking()
def abort(voice: Voice, settlement: SettlementNumber, act_id: ActId = None) -> None:
    """Undo an approval while no leg is paid; the cycle may be proposed anew.

    [dim]coalition settlement abort 1 --as ann[/]
    """
    with voice.acting() as client:
        outcome = client.abort_settlement(settlement=settlement, act_id=act_id)
    tell_outcome(voice, outcome, f"aborted settlement {settlement}", "coalition settlement list")
