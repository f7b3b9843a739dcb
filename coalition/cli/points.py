"""`coalition issue | redeem | transfer | authorize | capture | void | reverse | release`."""

from datetime import datetime
from typing import Annotated

import typer

from coalition.cli.member_proofs import CodeText, DeviceKey, shown
from coalition.cli.options import ActId, EarlierAct, MemberText
from coalition.cli.quantities import NOTHING, AmountText, PartText, check_currency, left_after
from coalition.cli.telling import tell_outcome
from coalition.cli.voice import Voice, read_member, speaking
from settlement.house.tariff import HOLD_MINUTES_MAX
from settlement.ids import new_act_id

TIME_FORMATS = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"]
Occurred = Annotated[
    datetime | None,
    typer.Option(
        "--occurred-at",
        formats=TIME_FORMATS,
        metavar="TIME",
        help="When it happened, as 2026-11-21T17:00:00Z; for reports. Default: now.",
    ),
]


@speaking()
def issue(
    voice: Voice,
    member: MemberText,
    amount: AmountText,
    spendable_from: Annotated[
        datetime | None,
        typer.Option(
            formats=TIME_FORMATS, metavar="TIME", help="Pending until then. Default: spendable at once."
        ),
    ] = None,
    on_event: Annotated[
        bool, typer.Option("--on-event", help="Pending until `coalition release` says so.")
    ] = False,
    campaign: Annotated[
        str,
        typer.Option(metavar="NAME", help="Those who agreed to fund it bear their shares. Default: none."),
    ] = "",
    occurred_at: Occurred = None,
    act_id: ActId = None,
) -> None:
    """Create points for a member, or value, as of a gift card; the partner who issues them pays for them once they are redeemed.

    [dim]coalition issue card:4000123412341234 120 --as bakery[/]
    [dim]coalition issue card:4000123412341234 25.00EUR --as bakery[/]
    """
    if on_event and spendable_from is not None:
        raise typer.BadParameter("leave one out: --spendable-from or --on-event")
    with voice.acting() as client:
        check_currency(client, amount)
        outcome = client.issue(
            member=read_member(member),
            amount=amount.amount,
            asset=amount.asset,
            spendable_from=spendable_from,
            on_event=on_event,
            campaign=campaign,
            occurred_at=occurred_at,
            act_id=act_id,
        )
        left = left_after(client, outcome, amount)
    tell_outcome(voice, outcome, f"issued {amount}; the member has {left}")


@speaking()
def redeem(
    voice: Voice,
    member: MemberText,
    amount: AmountText,
    code: CodeText = None,
    device_key: DeviceKey = None,
    occurred_at: Occurred = None,
    act_id: ActId = None,
) -> None:
    """Spend a member's points or value at this partner; those who issued them come to owe it what they are worth.

    [dim]coalition redeem card:4000123412341234 100 --as cinema[/]
    """
    act_id = act_id or new_act_id()
    proof = shown(voice, act_id, "redeem", amount.spelled, code=code, device_key=device_key)
    with voice.acting() as client:
        check_currency(client, amount)
        outcome = client.redeem(
            member=read_member(member),
            amount=amount.amount,
            asset=amount.asset,
            proof=proof,
            occurred_at=occurred_at,
            act_id=act_id,
        )
        left = left_after(client, outcome, amount)
    tell_outcome(voice, outcome, f"redeemed {amount}; the member has {left}")


@speaking()
def transfer(
    voice: Voice,
    member: MemberText,
    recipient: Annotated[str, typer.Argument(metavar="RECIPIENT", help="Who gets them: as MEMBER.")],
    amount: AmountText,
    occurred_at: Occurred = None,
    act_id: ActId = None,
) -> None:
    """Move points or value of a member to another, within the limits of the tariff; this partner pays its fee, if there is one.

    [dim]coalition transfer card:4000123412341234 card:4000999988887777 50 --as bakery[/]
    """
    with voice.acting() as client:
        check_currency(client, amount)
        outcome = client.transfer_points(
            member=read_member(member),
            recipient=read_member(recipient),
            amount=amount.amount,
            asset=amount.asset,
            occurred_at=occurred_at,
            act_id=act_id,
        )
        left = left_after(client, outcome, amount)
    tell_outcome(voice, outcome, f"transferred {amount}; the sender has {left}")


@speaking()
def authorize(
    voice: Voice,
    member: MemberText,
    amount: AmountText,
    hold_minutes: Annotated[
        int,
        typer.Option(
            min=0,
            max=HOLD_MINUTES_MAX,
            metavar="MINUTES",
            help="How long to hold them. Default: as long as the tariff lets.",
        ),
    ] = 0,
    code: CodeText = None,
    device_key: DeviceKey = None,
    occurred_at: Occurred = None,
    act_id: ActId = None,
) -> None:
    """Hold points or value of a member for this partner, to be captured or voided later.

    [dim]coalition authorize card:4000123412341234 100 --as cinema[/]
    """
    named, act_id = read_member(member), act_id or new_act_id()
    proof = shown(voice, act_id, "authorize", amount.spelled, code=code, device_key=device_key)
    with voice.acting() as client:
        check_currency(client, amount)
        outcome = client.authorize(
            member=named,
            amount=amount.amount,
            asset=amount.asset,
            hold_minutes=hold_minutes,
            proof=proof,
            occurred_at=occurred_at,
            act_id=act_id,
        )
        left = left_after(client, outcome, amount)
    tell_outcome(
        voice,
        outcome,
        f"held {amount}; the member has {left} more",
        f"coalition capture {outcome.act_id} {amount.typed} --as {voice.identity.partner_id}",
    )


@speaking()
def capture(
    voice: Voice, hold: EarlierAct, amount: AmountText, occurred_at: Occurred = None, act_id: ActId = None
) -> None:
    """Spend points or value that this partner holds, all or a part; the rest of the hold is the member's again.

    [dim]coalition capture 01890f3c-7a5b-7c21-9d3e-0b1c2d3e4f50 80 --as cinema[/]
    """
    with voice.acting() as client:
        check_currency(client, amount)
        outcome = client.capture(
            hold_act_id=hold,
            amount=amount.amount,
            asset=amount.asset,
            occurred_at=occurred_at,
            act_id=act_id,
        )
        left = left_after(client, outcome, amount)
    tell_outcome(voice, outcome, f"captured {amount}; the member has {left}")


@speaking()
def void(voice: Voice, hold: EarlierAct, occurred_at: Occurred = None, act_id: ActId = None) -> None:
    """Give a hold of this partner up: what is held is the member's again.

    [dim]coalition void 01890f3c-7a5b-7c21-9d3e-0b1c2d3e4f50 --as cinema[/]
    """
    with voice.acting() as client:
        outcome = client.void(hold_act_id=hold, occurred_at=occurred_at, act_id=act_id)
        left = left_after(client, outcome)
    tell_outcome(voice, outcome, f"voided; the member has {left}")


@speaking()
def reverse(
    voice: Voice,
    original: EarlierAct,
    amount: PartText = None,
    occurred_at: Occurred = None,
    act_id: ActId = None,
) -> None:
    """Undo an earlier issue, redemption or capture of this partner, whole or in parts.

    [dim]coalition reverse 01890f3c-7a5b-7c21-9d3e-0b1c2d3e4f50 --amount 20 --as cinema[/]
    """
    part = NOTHING if amount is None else amount
    with voice.acting() as client:
        check_currency(client, part)
        outcome = client.reverse(
            original_act_id=original,
            amount=part.amount,
            asset=part.asset,
            occurred_at=occurred_at,
            act_id=act_id,
        )
        left = left_after(client, outcome, part)
    tell_outcome(voice, outcome, f"reversed; the member has {left}")


@speaking()
def release(voice: Voice, original: EarlierAct, occurred_at: Occurred = None, act_id: ActId = None) -> None:
    """Make points or value of this partner's spendable that it issued as pending.

    [dim]coalition release 01890f3c-7a5b-7c21-9d3e-0b1c2d3e4f50 --as bakery[/]
    """
    with voice.acting() as client:
        outcome = client.release(original_act_id=original, occurred_at=occurred_at, act_id=act_id)
        left = left_after(client, outcome)
    tell_outcome(voice, outcome, f"released; the member has {left}")
