"""`coalition balance | position | receipt`: how a member, a partner or an act stands."""

from coalition.cli.currencies import minor_digits
from coalition.cli.options import EarlierAct, MemberText
from coalition.cli.printing import emit, money_micros, say
from coalition.cli.telling import outcome_document, say_place
from coalition.cli.voice import Voice, read_member, speaking


@speaking()
def balance(voice: Voice, member: MemberText) -> None:
    """Show a member's points: spendable, held by partners, pending, and owed to partners.

    [dim]coalition balance card:4000123412341234 --as bakery[/]
    """
    with voice.asking() as client:
        found = client.balance(member=read_member(member))
    if voice.json:
        facts = {
            "points": found.points,
            "held": found.held,
            "pending": found.pending,
            "arrears": found.arrears,
        }
        emit({"member_id": found.member_id, **facts})
        return
    beside = [
        f"{points:,} {what}"
        for points, what in ((found.held, "held"), (found.pending, "pending"), (found.arrears, "owed"))
        if points
    ]
    say(", ".join([f"{found.points:,} points", *beside, f"member {found.member_id}"]))


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
    if voice.json:
        emit(outcome_document(outcome))
        return
    say("accepted" if outcome.refusal is None else f"refused {outcome.refusal}")
    say_place(outcome)
    if outcome.member is not None:
        say(f"  member {outcome.member}, {outcome.balance_after or 0:,} points after it")
    say(f"  leaf SHA-256 {outcome.leaf_hash.hex()}")
