"""Words of the bank: legs of an approved settlement that are paid."""

from typing import Annotated

import typer

from coalition.cli.amounts import amount_minor
from coalition.cli.failures import REFUSED, tell_refusal
from coalition.cli.house_view import read_house, settlement_of_number
from coalition.cli.options import ActId, SettlementNumber
from coalition.cli.printing import emit, hint, money_minor, say
from coalition.cli.telling import outcome_document, tell_outcome
from coalition.cli.usage import wrong_usage
from coalition.cli.voice import OPERATOR, Voice, speaking
from coalition.client import Outcome
from settlement.errors import CoalitionError


@speaking(OPERATOR)
def confirm(
    voice: Voice,
    settlement: SettlementNumber,
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
            message = f"settlement {number} is not approved, so nothing is due; `coalition settlement list` shows which one is"
            raise CoalitionError("SETTLEMENT_NOT_APPROVED", message, field="settlement")
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
