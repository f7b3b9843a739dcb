"""Errors and refusals in words: the reason, a sentence, and what to do next. Never a traceback for what may be expected."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.text import Text

from coalition.cli.printing import emit, err
from settlement.errors import CoalitionError

# The class of all wrong usage, which the library does not export under its own name.
_WRONG_USAGE: Any = typer.BadParameter.__base__
FAILED, REFUSED = 1, 3
"""Exit codes: the call failed and nothing was recorded; a rule said no, and the no is recorded. (2 is wrong usage.)"""

_START = (
    "start the server with `coalition serve`, or name the right one with --server HOST:PORT; if it speaks TLS, the identity must "
    "too: `coalition tls attach`"
)
_RENEW = "`coalition tls partner` issues a partner's certificate, `coalition tls init` the server's and all others made here"
NEXT_STEPS: dict[str, str] = {
    "UNAVAILABLE": _START,
    "DEADLINE_EXCEEDED": _START,
    "DATABASE_UNUSABLE": "see that PostgreSQL runs (`coalition db status`), then repeat the command",
    "BOOKS_UNAVAILABLE": "see that PostgreSQL runs (`coalition db status`), then repeat the command",
    "SHUTTING_DOWN": "repeat the command in a moment",
    "QUEUE_FULL": "repeat the command in a moment",
    "RATE_LIMITED": "repeat the command in a moment",
    "CERTIFICATE_MISMATCH": _RENEW,
    "CERTIFICATE_EXPIRED": _RENEW,
    "BOOKS_INCONSISTENT": "run `coalition fsck`; a person must look before anything more is posted",
    "KEY_UNKNOWN": "have the operator add the key: `coalition key add`",
    "KEY_REVOKED": "use another identity: --as NAME or --identity FILE",
    "ROLE_MISSING": "speak as somebody who may: --as NAME or --identity FILE",
    "AUDIENCE_MISMATCH": "use an identity of this network, or the server of the identity's network",
    "REQUEST_EXPIRED": "set this machine's clock, then repeat the command with a fresh act id",
    "REQUEST_FROM_THE_FUTURE": "set this machine's clock, then repeat the command",
    "ACT_ID_REUSED": "leave --act-id out, or repeat the earlier command exactly",
    "CYCLE_NOT_CLOSED": "`coalition cycle list` shows the cycles; `coalition cycle close` closes the open one",
    "CYCLE_NOT_FOUND": "`coalition cycle list` shows the cycles",
    "SETTLEMENT_NOT_FOUND": "`coalition settlement list` shows the settlements, and how far each has come",
    "LEG_NOT_FOUND": "`coalition settlement show` shows the legs, and when they are to be paid",
    "INSTRUCTION_NOT_FOUND": "`coalition instruction write` makes the payment files of an approved settlement",
    "PARTNER_NOT_FOUND": "`coalition partner list` shows the partners",
    "MEMBER_NOT_FOUND": "`coalition member enrol` makes a member",
    "ENTRY_NOT_PUBLISHED": "checkpoints follow within seconds while `coalition serve` runs; repeat the command",
    "ENTRY_NOT_FOUND": "`coalition entries` lists what concerns you, `coalition statement explain` what made an amount",
    "ALIAS_KEY_MISSING": "name the member by its id",
    "NETWORK_EXISTS": "use it as it is (`coalition serve`), or found another one with --data DIR",
    "NOT_FOR_PRACTICE": "found another network to practise in: `coalition db init --practice --data DIR`",
    "RECEIPT_INVALID": "keep the outbox file and ask the operator: its receipt key is not the one in your identity",
}
"""Reason to what a person does about it."""

REFUSALS: dict[str, str] = {
    "PARTNER_NOT_ACTIVE": "the partner is registered and not active yet: `coalition partner activate`",
    "PARTNER_SUSPENDED": "the partner is suspended",
    "MEMBER_UNKNOWN": "no member has this id or alias: `coalition member enrol`",
    "INSUFFICIENT_POINTS": "the member has fewer points, or less value, than that: `coalition balance`",
    "LIMIT_EXCEEDED": "it would pass a limit of the network",
    "HOLD_UNKNOWN": "no accepted authorize of this partner has that act id",
    "ASSET_DIFFERS": "points cannot be taken from an act about value, nor value from one about points",
    "HOLD_CLOSED": "the hold is captured, voided or lapsed already",
    "HOLD_EXPIRED": "the hold has run out: `coalition authorize` afresh",
    "RECIPIENT_UNKNOWN": "no member has this id or alias to whom the points are to go",
    "TRANSFER_NOT_ALLOWED": "the tariff allows no transfers between members, or both are the same member",
    "MEMBER_IN_ARREARS": "the member owes points to partners, which come first",
    "HOLD_EXCEEDED": "fewer points than that are held",
    "ORIGINAL_UNKNOWN": "no accepted issue, redemption or capture of this partner has that act id",
    "ALREADY_REVERSED": "nothing of the act is left to reverse",
    "REVERSAL_EXCEEDED": "less of the act is left to reverse; without --amount all that is left is reversed",
    "POINTS_SPENT": "points of this issue are already spent or held; reverse fewer of them",
    "LOT_EXPIRED": "enough points are there only with those that have expired",
    "ALREADY_RELEASED": "the points are spendable already",
    "CAMPAIGN_UNKNOWN": "nobody funds such a campaign now: `coalition partner fundings`",
    "SHARES_EXCEEDED": "with the other funders that is the whole or more: `coalition partner fundings`",
    "PROOF_REQUIRED": "the member itself must agree: --code, or its device",
    "PROOF_INVALID": "this is no code of the member that is still good, and no signature of its device for this act",
    "PROOF_EXISTS": "the member has this proof already",
    "PROOF_UNKNOWN": "the member has no such proof",
    "TOO_MANY_PROOFS": "a member has five devices at most: `coalition member remove-proof` one first",
    "ALIAS_TAKEN": "the alias belongs to a member already: `coalition member show`",
    "PARTNER_EXISTS": "a partner of this id exists: `coalition partner show`",
    "PARTNER_UNKNOWN": "there is no such partner: `coalition partner list`",
    "KEY_EXISTS": "the network knows this key already: `coalition key list`",
    "KEY_UNKNOWN": "it is no live key of yours: `coalition key list`",
    "PURPOSE_NOT_ALLOWED": "request keys are added by request keys, approver keys by the operator's own keys",
    "LAST_KEY": "the operator keeps a request key and two approvers: add the next one first",
    "TOO_MANY_KEYS": "a partner has two live request keys at most, a person one: `coalition key revoke` one first",
    "CYCLE_UNKNOWN": "there is no such cycle: `coalition cycle list`",
    "CYCLE_NOT_OPEN": "only the open cycle can be closed: `coalition cycle list`",
    "CYCLE_IN_SETTLEMENT": "the cycle has an approved settlement: `coalition settlement show --cycle`",
    "FIGURES_DIFFER": "the figures are not those of the ledger: `coalition settlement preview`, then propose again",
    "WARNINGS_DIFFER": "other warnings hold now: `coalition settlement preview`, then propose again",
    "PROPOSAL_UNKNOWN": "nobody has proposed these bytes: propose them first",
    "PROPOSAL_EXPIRED": "nobody approved it within 72 hours: propose it again",
    "ALREADY_APPROVED": "the proposal is approved already",
    "ALREADY_CANCELLED": "the proposal was cancelled: propose it again",
    "ALREADY_ABORTED": "the settlement was aborted: propose it again",
    "NOT_APPROVED": "the settlement is not approved; a proposal is cancelled: `coalition settlement cancel`",
    "SETTLEMENT_UNKNOWN": "there is no such settlement, or you have no part in it: `coalition settlement list`",
    "OBJECTION_PERIOD": "participants may still object: `coalition settlement show` says until when",
    "OBJECTION_OPEN": "a participant's objection has no answer yet: `coalition settlement answer`",
    "OBJECTION_PERIOD_OVER": "the time for objections to the proposal is over",
    "ALREADY_OBJECTED": "you have objected to this proposal already: `coalition settlement show`",
    "OBJECTION_UNKNOWN": "this participant has not objected to it: `coalition settlement show`",
    "ALREADY_ANSWERED": "the objection is answered already: `coalition settlement show`",
    "SAME_PERSON": "another person than the proposer must approve: --as somebody else",
    "LEG_UNKNOWN": "no approved settlement has such a leg: `coalition settlement show`",
    "LEG_ALREADY_PAID": "the leg is paid already",
    "LEG_DEFAULTED": "the participant is in default with it, or it bears so much of another's that nothing is left",
    "LEG_NOT_OVERDUE": "it can be paid still: `coalition settlement show` says until when, if the tariff names payment days",
    "SECURITY_EXCEEDED": "less than that is deposited: `coalition security show`",
    "LEG_AMOUNT_DIFFERS": "the amount is not the leg's: `coalition settlement show`",
    "ACCOUNT_MISSING": "the operator, or somebody who is to be paid, has no approved account at a bank; the entry names whose: "
    "`coalition partner account propose`, then `approve`",
    "ALREADY_INSTRUCTED": "the payment files are made already: `coalition instruction write` writes them again",
    "STATEMENT_KNOWN": "these lines of the bank statement were taken in before: `coalition bank breaks`",
    "BREAK_UNKNOWN": "no line of a bank statement with this name waits to be explained: `coalition bank breaks`",
    "PERSON_UNKNOWN": "no person of this name has a live approver key: `coalition key list`",
    "ALREADY_RESOLVED": "the break has ended already: `coalition bank breaks`",
    "TOO_MANY_LOTS": "one act takes points from 200 lots at most: redeem in smaller parts",
}
"""Refusal to a sentence with the cure."""


def tell_failure(error: CoalitionError) -> None:
    """Prints an error on standard error: reason, sentence, what to do next."""
    # What gRPC says begins with the name that is the reason already.
    sentence = error.message.removeprefix(f"{error.reason}: ")
    _tell("error", "bold red", error.reason, sentence, _next_step(error))


def tell_refusal(refusal: str) -> None:
    """Prints a recorded no on standard error."""
    _tell("refused", "bold yellow", refusal, REFUSALS.get(refusal, "a rule said no"), None)


def _next_step(error: CoalitionError) -> str | None:
    # Here, as commands that need no client shall not wait for it to load.
    from coalition.client import OutcomeUnknownError

    step = NEXT_STEPS.get(error.reason)
    if not isinstance(error, OutcomeUnknownError):
        return step
    again = f"repeat the command with --act-id {error.act_id}"
    return again if step is None else f"{step}; then {again}"


def _tell(word: str, style: str, reason: str, sentence: str, step: str | None) -> None:
    err.print(Text.assemble((word, style), f" {reason}: {sentence}"), soft_wrap=True)
    if step is not None:
        err.print(Text(f"  -> {step}"), soft_wrap=True)


def error_document(reason: str, message: str, field: str | None, next_step: str | None) -> dict[str, object]:
    """An error for machines. `next_step`: what a person does about it."""
    return {"error": {"reason": reason, "message": message, "field": field, "next": next_step}}


@contextmanager
def failures_told(*, json: bool = False) -> Iterator[None]:
    """Turns every expected exception into a printed error and exit code 1; with `json` also into a document.

    Wrong usage is printed by the library that found it; here it only becomes a document.
    """
    try:
        yield
    except _WRONG_USAGE as error:
        if json:
            emit(error_document("USAGE_WRONG", error.format_message(), _wrong_field(error), None))
        raise
    except Exception as error:
        told = _in_our_words(error)
        if told is None:
            raise
        if json:
            emit(error_document(told.reason, told.message, told.field, _next_step(told)))
        tell_failure(told)
        raise typer.Exit(FAILED) from None


def _wrong_field(error: Any) -> str | None:
    """The argument or option that was used wrongly, the first if it may be several: `cycle`. None if it is neither."""
    param, hint = getattr(error, "param", None), getattr(error, "param_hint", None)
    if param is not None:
        return str(param.name)
    return None if hint is None else hint.partition(" ")[0].removeprefix("--").lower()


def _in_our_words(error: Exception) -> CoalitionError | None:
    """None for what ends a command as it was meant to (its exit, a reader that went away), and for what nobody expects."""
    match error:
        case CoalitionError():
            return error
        case sqlite3.Error():
            return CoalitionError("OUTBOX_UNUSABLE", f"the outbox cannot be used: {error}")
        case OSError():
            return None if error.errno == errno.EPIPE else CoalitionError("FILE_UNUSABLE", _of_file(error))
        case typer.Exit():
            return None
        case _:
            return _of_database(error)


def _of_database(error: Exception) -> CoalitionError | None:
    # Here, as most commands open no database.
    import psycopg

    if isinstance(error, psycopg.errors.UndefinedTable):
        return CoalitionError("NETWORK_NOT_FOUND", "this database holds no network; run `coalition db init`")
    if isinstance(error, psycopg.Error):
        return CoalitionError(
            "BOOKS_UNAVAILABLE", f"the database said: {str(error).strip() or type(error).__name__}"
        )
    return None


_OF_FILE = {
    errno.ENOENT: "there is no such file or folder",
    errno.EACCES: "you may not read or write it",
    errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "a part of the path is no folder",
    errno.EEXIST: "it is there already",
    errno.ENOSPC: "the disk is full",
    errno.EROFS: "its disk can only be read",
}


def _of_file(error: OSError) -> str:
    """The path and a sentence, in our words where we have them."""
    sentence = _OF_FILE.get(error.errno or 0, error.strerror or str(error))
    return sentence if error.filename is None else f"{error.filename}: {sentence}"
