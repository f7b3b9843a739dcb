"""`coalition issue | redeem | transfer | authorize | capture | void | reverse | release`."""

from datetime import datetime
from typing import Annotated

import typer

from coalition.cli.member_proofs import CodeText, DeviceKey, shown
from coalition.cli.options import ActId, EarlierAct, MemberText, Points
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
    points: Points,
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
    """Create points for a member; the partner who issues them pays for them once they are redeemed.

    [dim]coalition issue card:4000123412341234 120 --as bakery[/]
    """
    if on_event and spendable_from is not None:
        raise typer.BadParameter("leave one out: --spendable-from or --on-event")
    with voice.acting() as client:
        outcome = client.issue(
            member=read_member(member),
            amount=points,
            spendable_from=spendable_from,
            on_event=on_event,
            campaign=campaign,
            occurred_at=occurred_at,
            act_id=act_id,
        )
    tell_outcome(voice, outcome, f"issued {points:,} points; the member has {outcome.balance_after or 0:,}")


@speaking()
def redeem(
    voice: Voice,
    member: MemberText,
    points: Points,
    code: CodeText = None,
    device_key: DeviceKey = None,
    occurred_at: Occurred = None,
    act_id: ActId = None,
) -> None:
    """Spend a member's points at this partner; those who issued them come to owe it their value.

    [dim]coalition redeem card:4000123412341234 100 --as cinema[/]
    """
    act_id = act_id or new_act_id()
    proof = shown(voice, act_id, "redeem", str(points), code=code, device_key=device_key)
    with voice.acting() as client:
        outcome = client.redeem(
            member=read_member(member), amount=points, proof=proof, occurred_at=occurred_at, act_id=act_id
        )
    tell_outcome(voice, outcome, f"redeemed {points:,} points; the member has {outcome.balance_after or 0:,}")


@speaking()
def transfer(
    voice: Voice,
    member: MemberText,
    recipient: Annotated[str, typer.Argument(metavar="RECIPIENT", help="Who gets them: as MEMBER.")],
    points: Points,
    occurred_at: Occurred = None,
    act_id: ActId = None,
) -> None:
    """Move points of a member to another, within the limits of the tariff; this partner pays its fee, if there is one.

    [dim]coalition transfer card:4000123412341234 card:4000999988887777 50 --as bakery[/]
    """
    with voice.acting() as client:
        outcome = client.transfer_points(
            member=read_member(member),
            recipient=read_member(recipient),
            amount=points,
            occurred_at=occurred_at,
            act_id=act_id,
        )
    tell_outcome(
        voice, outcome, f"transferred {points:,} points; the sender has {outcome.balance_after or 0:,}"
    )


@speaking()
def authorize(
    voice: Voice,
    member: MemberText,
    points: Points,
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
    """Hold a member's points for this partner, to be captured or voided later.

    [dim]coalition authorize card:4000123412341234 100 --as cinema[/]
    """
    named, act_id = read_member(member), act_id or new_act_id()
    proof = shown(voice, act_id, "authorize", str(points), code=code, device_key=device_key)
    with voice.acting() as client:
        outcome = client.authorize(
            member=named,
            amount=points,
            hold_minutes=hold_minutes,
            proof=proof,
            occurred_at=occurred_at,
            act_id=act_id,
        )
    tell_outcome(
        voice,
        outcome,
        f"held {points:,} points; the member has {outcome.balance_after or 0:,} more",
        f"coalition capture {outcome.act_id} {points} --as {voice.identity.partner_id}",
    )


@speaking()
def capture(
    voice: Voice, hold: EarlierAct, points: Points, occurred_at: Occurred = None, act_id: ActId = None
) -> None:
    """Spend points that this partner holds, all or a part; the rest of the hold is the member's again.

    [dim]coalition capture 01890f3c-7a5b-7c21-9d3e-0b1c2d3e4f50 80 --as cinema[/]
    """
    with voice.acting() as client:
        outcome = client.capture(hold_act_id=hold, amount=points, occurred_at=occurred_at, act_id=act_id)
    tell_outcome(voice, outcome, f"captured {points:,} points; the member has {outcome.balance_after or 0:,}")


@speaking()
def void(voice: Voice, hold: EarlierAct, occurred_at: Occurred = None, act_id: ActId = None) -> None:
    """Give a hold of this partner up: its points are the member's again.

    [dim]coalition void 01890f3c-7a5b-7c21-9d3e-0b1c2d3e4f50 --as cinema[/]
    """
    with voice.acting() as client:
        outcome = client.void(hold_act_id=hold, occurred_at=occurred_at, act_id=act_id)
    tell_outcome(voice, outcome, f"voided; the member has {outcome.balance_after or 0:,} points")


@speaking()
def reverse(
    voice: Voice,
    original: EarlierAct,
    points: Annotated[
        int,
        typer.Option(
            "--points", min=0, metavar="POINTS", help="How many of its points. Default: all that are left."
        ),
    ] = 0,
    occurred_at: Occurred = None,
    act_id: ActId = None,
) -> None:
    """Undo an earlier issue, redemption or capture of this partner, whole or in parts.

    [dim]coalition reverse 01890f3c-7a5b-7c21-9d3e-0b1c2d3e4f50 --points 20 --as cinema[/]
    """
    with voice.acting() as client:
        outcome = client.reverse(
            original_act_id=original, amount=points, occurred_at=occurred_at, act_id=act_id
        )
    tell_outcome(voice, outcome, f"reversed; the member has {outcome.balance_after or 0:,} points")


@speaking()
def release(voice: Voice, original: EarlierAct, occurred_at: Occurred = None, act_id: ActId = None) -> None:
    """Make points of this partner's spendable that it issued as pending.

    [dim]coalition release 01890f3c-7a5b-7c21-9d3e-0b1c2d3e4f50 --as bakery[/]
    """
    with voice.acting() as client:
        outcome = client.release(original_act_id=original, occurred_at=occurred_at, act_id=act_id)
    tell_outcome(voice, outcome, f"released; the member has {outcome.balance_after or 0:,} points")
