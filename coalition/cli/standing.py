"""`coalition balance | position | receipt`: how a member, a partner or an act stands."""

from dataclasses import asdict

from coalition.cli.currencies import minor_digits
from coalition.cli.options import EarlierAct, MemberText
from coalition.cli.printing import emit, money_micros, say
from coalition.cli.quantities import Quantity, left_after
from coalition.cli.telling import outcome_document, say_place
from coalition.cli.voice import Voice, read_member, speaking
from settlement.money import POINTS, VALUE


@speaking()
def balance(voice: Voice, member: MemberText) -> None:
    """Show a member's points and value: spendable, held by partners, pending, and owed to partners.

    [dim]coalition balance card:4000123412341234 --as bakery[/]
    """
    with voice.asking() as client:
        found = client.balance(member=read_member(member))
        value = (found.value, found.value_held, found.value_pending, found.value_arrears)
        currency = client.position().currency if any(value) and not voice.json else ""
    if voice.json:
        emit(asdict(found))
        return
    said = _had(f"{found.points:,} points", POINTS, (found.held, found.pending, found.arrears))
    if any(value):
        said += _had(f"{Quantity(VALUE, found.value, currency)} of value", VALUE, value[1:], currency)
    say(", ".join([*said, f"member {found.member_id}"]))


def _had(spendable: str, asset: str, beside: tuple[int, int, int], currency: str = "") -> list[str]:
    """What a member has of an asset, and what of it is held, pending or owed, if any is."""
    kinds = zip(beside, ("held", "pending", "owed"), strict=True)
    spelled = [(Quantity(asset, amount, currency), kind) for amount, kind in kinds if amount]
    return [spendable, *[f"{str(each).removesuffix(' points')} {kind}" for each, kind in spelled]]


@speaking()
def position(voice: Voice) -> None:
    """Show what this partner owes, or is owed, at this moment.

    [dim]coalition position --as bakery[/]
    """
    with voice.asking() as client:
        found = client.position()
    if voice.json:
        emit({"currency": found.currency, "position_micros": found.position_micros})
        return
    digits = minor_digits(found.currency)
    amount = money_micros(abs(found.position_micros), currency=found.currency, minor_digits=digits)
    verb = (
        "owes"
        if found.position_micros > 0
        else "is owed"
        if found.position_micros < 0
        else "owes and is owed"
    )
    say(f"{voice.identity.partner_id} {verb} {amount}")


@speaking()
def receipt(voice: Voice, act_id: EarlierAct) -> None:
    """Show the outcome of an earlier act of yours, from a receipt that the operator signs anew.

    [dim]coalition receipt 01890f3c-7a5b-7c21-9d3e-0b1c2d3e4f50 --as bakery[/]
    """
    with voice.asking() as client:
        outcome = client.receipt(act_id=act_id)
        left = left_after(client, outcome)
    if voice.json:
        emit(outcome_document(outcome))
        return
    say("accepted" if outcome.refusal is None else f"refused {outcome.refusal}")
    say_place(outcome)
    if outcome.member is not None:
        say(f"  member {outcome.member}, {left} after it")
    say(f"  leaf SHA-256 {outcome.leaf_hash.hex()}")
