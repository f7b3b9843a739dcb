"""`coalition partner account`: where participants are paid; named by themselves, approved by a person of the operator."""

from typing import Annotated

import typer

from coalition.cli.approval import ask, must_be_asked
from coalition.cli.options import ActId, PartnerId, Yes
from coalition.cli.printing import emit, say, show_table, utc
from coalition.cli.telling import tell_outcome
from coalition.cli.voice import OPERATOR, Voice, speaking
from coalition.client import BlockingClient
from coalition.client.bank_answers import ParticipantAccount
from settlement.clock import format_time, to_us
from settlement.errors import CoalitionError
from settlement.house.bank_account import BankAccount

app = typer.Typer(no_args_is_help=True, help="Propose, approve and show accounts at banks.")


def _compact(text: str) -> str:
    """As machines spell it: people type IBANs in groups of four."""
    return "".join(text.split()).upper()


@app.command()
@speaking()
def propose(
    voice: Voice,
    iban: Annotated[str, typer.Option(metavar="IBAN", callback=_compact, help="Blanks do not matter.")],
    name: Annotated[
        str, typer.Option("--legal-name", metavar="TEXT", help="As the bank knows it: the SEPA letters.")
    ],
    country: Annotated[
        str, typer.Option(metavar="CC", callback=_compact, help="Of the company's seat. Default: the IBAN's.")
    ] = "",
    bic: Annotated[str, typer.Option(metavar="BIC", callback=_compact, help="Of the bank.")] = "",
    lei: Annotated[str, typer.Option(metavar="LEI", callback=_compact, help="Of the company.")] = "",
    act_id: ActId = None,
) -> None:
    """Name the account where a partner is paid, or by a person's key the one that the operator settles from; another approves it.

    [dim]coalition partner account propose --iban DE89370400440532013000 --legal-name "Bakery GmbH" --as bakery[/]
    """
    account = BankAccount(name, iban, country or iban[:2], bic, lei)
    with voice.acting() as client:
        outcome = client.propose_account(account, act_id=act_id)
    command = f"coalition partner account approve {voice.identity.partner_id} --as NAME"
    step = f"a person of the operator, who did not propose it: {command}"
    tell_outcome(voice, outcome, f"proposed {account.iban} of {account.legal_name}", step)


@app.command()
@speaking()
def approve(voice: Voice, partner: PartnerId, yes: Yes = False, act_id: ActId = None) -> None:
    """Approve the account that a participant named last. Ask it by another way first: a changed IBAN is the classic fraud.

    [dim]coalition partner account approve bakery --as ann[/]
    """
    must_be_asked(voice, yes=yes)
    with voice.acting() as client:
        found = _of(client, partner)
        if found.proposed is None:
            message = f"no account of {partner} waits for approval: `coalition partner account show`"
            raise CoalitionError("PROPOSAL_NOT_FOUND", message)
        if not voice.json:
            _show([found])
        ask(f"Approve this account of {partner}?", yes=yes)
        outcome = client.approve_account(
            partner_id=partner, account_sha256=found.proposed_sha256, act_id=act_id
        )
    tell_outcome(voice, outcome, f"{partner} is paid to {found.proposed.iban}")


@app.command()
@speaking(OPERATOR)
def show(
    voice: Voice,
    partner: Annotated[
        str | None, typer.Argument(metavar="PARTNER", help="Whose account. Default: all that you may see.")
    ] = None,
) -> None:
    """Show accounts in force, and those that wait for a person of the operator.

    [dim]coalition partner account show[/]
    """
    with voice.asking() as client:
        found = [_of(client, partner)] if partner is not None else client.accounts()
    if voice.json:
        emit([_document(each) for each in found])
        return
    _show(found)


def _of(client: BlockingClient, partner: str) -> ParticipantAccount:
    found = [each for each in client.accounts() if each.participant == partner]
    if not found:
        message = f"{partner} has named no account: `coalition partner account propose --as {partner}`"
        raise CoalitionError("ACCOUNT_NOT_FOUND", message)
    return found[0]


def _show(accounts: list[ParticipantAccount]) -> None:
    rows = []
    for each in accounts:
        if each.in_force is not None:
            rows.append((each.participant, "in force", *_cells(each.in_force)))
        if each.proposed is not None and each.proposed_at is not None:
            rows.append((each.participant, "proposed", *_cells(each.proposed)))
    show_table(("participant", "state", "legal name", "IBAN", "BIC", "LEI", "country"), rows)
    for each in accounts:
        if each.proposed_at is not None:
            moment, digest = utc(to_us(each.proposed_at)), each.proposed_sha256.hex()
            say(f"{each.proposer or each.participant} proposed it {moment}, SHA-256 {digest}")


def _cells(account: BankAccount) -> tuple[str, ...]:
    return (account.legal_name, _grouped(account.iban), account.bic, account.lei, account.country)


def _grouped(iban: str) -> str:
    """In groups of four, as people compare it."""
    return " ".join([iban[at : at + 4] for at in range(0, len(iban), 4)])


def _document(each: ParticipantAccount) -> dict[str, object]:
    return {
        "participant": each.participant,
        "in_force": _account_document(each.in_force),
        "proposed": _account_document(each.proposed),
        "proposed_sha256": each.proposed_sha256.hex() or None,
        "proposed_at": None if each.proposed_at is None else format_time(to_us(each.proposed_at)),
        "proposer": each.proposer,
    }


def _account_document(account: BankAccount | None) -> dict[str, str] | None:
    if account is None:
        return None
    return {
        "legal_name": account.legal_name,
        "iban": account.iban,
        "bic": account.bic,
        "lei": account.lei,
        "country": account.country,
    }
