"""`coalition security`: what participants have deposited against defaults, and how much each is to pay at most."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated

import typer

from coalition.cli.amounts import amount_minor
from coalition.cli.approval import ask, must_be_asked
from coalition.cli.currencies import minor_digits
from coalition.cli.house_view import read_house
from coalition.cli.options import ActId, PartnerId, Yes
from coalition.cli.printing import Amount, emit, hint, money_minor, show_table
from coalition.cli.telling import tell_outcome
from coalition.cli.usage import wrong_usage
from coalition.cli.voice import OPERATOR, Voice, speaking
from coalition.client.answers import Securities
from coalition.wire.securities import spell_withdrawal
from settlement.errors import CoalitionError
from settlement.house.security import SECURITIES, Withdrawal

app = typer.Typer(no_args_is_help=True, help="Show, deposit, withdraw and cap what stands behind payments.")


def _kind(text: str) -> str:
    if text not in SECURITIES:
        raise typer.BadParameter(f"one of {', '.join(SECURITIES)}")
    return text


Kind = Annotated[
    str,
    typer.Argument(
        metavar="SECURITY", callback=_kind, help="collateral, guarantee, prefund, or the operator's capital."
    ),
]
Money = Annotated[str, typer.Argument(metavar="DECIMAL", help="In the network's currency, as 1200.00.")]


@app.command()
@speaking(OPERATOR)
def show(voice: Voice) -> None:
    """Show what is deposited, and the caps: a partner's own, the operator's view of all.

    [dim]coalition security show --as bakery[/]
    """
    with voice.asking() as client:
        found = client.securities()
    if voice.json:
        emit(_document(found))
        return
    rows = [
        (each.participant, each.security, _money(each.amount_minor, found.currency)) for each in found.held
    ]
    rows += [(name, "pays at most", _money(cap, found.currency)) for name, cap in found.caps.items()]
    show_table(("participant", "security", "amount"), rows)
    if not rows:
        hint("coalition security deposit PARTNER collateral 1200.00", flags=voice.flags)


@app.command()
@speaking(OPERATOR)
def deposit(
    voice: Voice, participant: PartnerId, security: Kind, amount: Money, act_id: ActId = None
) -> None:
    """Confirm that money came in for a security.

    [dim]coalition security deposit bakery collateral 1200.00[/]
    """
    with voice.acting() as client:
        currency = client.securities().currency
        minor = _minor(amount, currency)
        outcome = client.deposit(
            participant=participant, security=security, amount_minor=minor, act_id=act_id
        )
    sentence = f"deposited {_money(minor, currency)} as {security} of {participant}"
    tell_outcome(voice, outcome, sentence, "coalition security show")


@app.command()
@speaking()
def withdraw(
    voice: Voice, participant: PartnerId, security: Kind, amount: Money, act_id: ActId = None
) -> None:
    """Propose to pay money of a security back; another person then approves it.

    [dim]coalition security withdraw bakery collateral 1200.00 --as ann[/]
    """
    with voice.acting() as client:
        currency = client.securities().currency
        minor = _minor(amount, currency)
        outcome = client.propose_withdrawal(
            participant=participant, security=security, currency=currency, amount_minor=minor, act_id=act_id
        )
    network = voice.identity.network
    digest = sha256(spell_withdrawal(network, participant, security, currency, minor)).hexdigest()
    step = f"another person: coalition security approve {digest} --as NAME"
    what = f"pay {_money(minor, currency)} of {security} back to {participant}"
    tell_outcome(voice, outcome, f"proposed to {what}", step)


@app.command()
@speaking()
def approve(
    voice: Voice,
    proposal: Annotated[
        str, typer.Argument(metavar="SHA256", help="The withdrawal's SHA-256, or enough of its first digits.")
    ],
    yes: Yes = False,
    act_id: ActId = None,
) -> None:
    """Approve a withdrawal as another person than the proposer; the money then goes out.

    [dim]coalition security approve 3f2a91c0 --as bob[/]
    """
    must_be_asked(voice, yes=yes)
    with voice.acting() as client:
        house = read_house(client)
        found = _withdrawal_of(house.security.withdrawals.values(), proposal.lower())
        money = _money(found.amount_minor, house.founded.currency)
        what = f"pay {money} of {found.security} back to {found.participant}"
        ask(f"{found.proposer} proposes to {what}. Approve?", yes=yes)
        digest = bytes.fromhex(found.proposal_sha256)
        outcome = client.approve_withdrawal(proposal_sha256=digest, act_id=act_id)
    tell_outcome(voice, outcome, f"approved to {what}", "coalition security show")


@app.command()
@speaking(OPERATOR)
def cap(
    voice: Voice,
    participant: PartnerId,
    amount: Annotated[
        str, typer.Argument(metavar="DECIMAL", help="The most it is to pay for a cycle, or `none`.")
    ],
    act_id: ActId = None,
) -> None:
    """Name a net debit cap; it counts once the operator and one of its people have both named the same.

    [dim]coalition security cap bakery 5000.00[/]

    [dim]coalition security cap bakery 5000.00 --as ann[/]
    """
    with voice.acting() as client:
        currency = client.securities().currency
        minor = None if amount == "none" else _minor(amount, currency)
        outcome = client.set_cap(participant=participant, cap_minor=minor, act_id=act_id)
        counts = client.securities().caps.get(participant) == minor
    cap_named = "no cap" if minor is None else f"a cap of {_money(minor, currency)}"
    if counts:
        step, when = "coalition security show", "it counts from now on"
    else:
        step = f"the other of operator and person: coalition security cap {participant} {amount} --as NAME"
        when = "it counts once the operator and one of its people have both named it"
    tell_outcome(voice, outcome, f"named {cap_named} for {participant}; {when}", step)


def _withdrawal_of(known: Iterable[Withdrawal], digits: str) -> Withdrawal:
    """CoalitionError PROPOSAL_NOT_FOUND, DIGEST_AMBIGUOUS."""
    found = [each for each in known if each.proposal_sha256.startswith(digits)]
    if not found or len(digits) < 8:
        message = "no withdrawal's SHA-256 begins with these digits, of which 8 are needed"
        raise CoalitionError("PROPOSAL_NOT_FOUND", message)
    if len(found) > 1:
        raise CoalitionError("DIGEST_AMBIGUOUS", "several begin with these digits; give more of them")
    return found[0]


def _minor(amount: str, currency: str) -> int:
    with wrong_usage("DECIMAL"):
        return amount_minor(amount, minor_digits=minor_digits(currency))


def _money(amount_minor: int, currency: str) -> Amount:
    return money_minor(amount_minor, currency=currency, minor_digits=minor_digits(currency))


def _document(found: Securities) -> dict[str, object]:
    return {
        "currency": found.currency,
        "held": [
            {"participant": each.participant, "security": each.security, "amount_minor": each.amount_minor}
            for each in found.held
        ],
        "caps": [{"participant": name, "cap_minor": cap} for name, cap in found.caps.items()],
    }
