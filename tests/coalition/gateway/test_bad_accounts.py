"""Accounts at banks and payment files through the door: fields that break rules, and who sees what."""

from collections.abc import Callable
from typing import Any

import pytest

from coalition.api.v1.banking_pb2 import (
    Adjustment,
    ApproveAccountRequest,
    ApproveResolutionRequest,
    AssignBreakRequest,
    BankAccount,
    BankLine,
    ImportBankStatementRequest,
    InstructRequest,
    Match,
    Offset,
    ProposeAccountRequest,
    ProposeResolutionRequest,
    Resolution,
    WriteOff,
)
from coalition.client import BlockingClient, RequestRejectedError
from settlement.house import bank_account
from tests.settlement.banking.accounts import an_account
from tests.support.door import Door
from tests.support.network import ORIGIN


def proposal(**fields: str) -> Any:
    """A good request but for these fields."""
    good = {"legal_name": "Bakery GmbH", "iban": "DE89370400440532013000", "country": "DE"}
    return ProposeAccountRequest(account=BankAccount(**{**good, **fields}))


def statement(lines: list[dict[str, Any]], **fields: str) -> Any:
    """A good bank statement but for these fields."""
    good = {"entry": "A", "amount_minor": 5, "booked_on": "2026-11-30"}
    named: dict[str, Any] = {"iban": "DE89370400440532013000", "statement_id": "1", **fields}
    return ImportBankStatementRequest(**named, lines=[BankLine(**{**good, **line}) for line in lines])


def resolution(**fields: Any) -> Any:
    """A good resolution but for these fields."""
    good = {"audience": ORIGIN, "line_sha256": bytes(32), "words": "why", "write_off": WriteOff()}
    return ProposeResolutionRequest(proposal=Resolution(**{**good, **fields}).SerializeToString())


FIELDS: dict[str, tuple[str, Callable[[], Any], str]] = {
    "no account": ("bakery", ProposeAccountRequest, "account.legal_name"),
    "no name": ("bakery", lambda: proposal(legal_name=""), "account.legal_name"),
    "a formula": ("bakery", lambda: proposal(legal_name="=1+1"), "account.legal_name"),
    "a name in two lines": ("bakery", lambda: proposal(legal_name="A\nresult ok"), "account.legal_name"),
    "no IBAN": ("bakery", lambda: proposal(iban=""), "account.iban"),
    "an IBAN with a slip": ("bakery", lambda: proposal(iban="DE89370400440532013001"), "account.iban"),
    "an IBAN in groups": ("bakery", lambda: proposal(iban="DE89 3704 0044 0532 0130 00"), "account.iban"),
    "no country": ("bakery", lambda: proposal(country=""), "account.country"),
    "a BIC of nobody": ("bakery", lambda: proposal(bic="COBADEF"), "account.bic"),
    "an LEI with a slip": ("bakery", lambda: proposal(lei="213800KUD8LAJWSQ9D16"), "account.lei"),
    "approval for nobody": ("ann", lambda: ApproveAccountRequest(account_sha256=bytes(32)), "partner_id"),
    "no hash": ("ann", lambda: ApproveAccountRequest(partner_id="bakery"), "account_sha256"),
    "no lines": ("operator", lambda: statement([]), "lines"),
    "101 lines": ("operator", lambda: statement([{"entry": str(at)} for at in range(101)]), "lines"),
    "an entry twice": ("operator", lambda: statement([{}, {}]), "lines.entry"),
    "a line without name": ("operator", lambda: statement([{"entry": ""}]), "lines.entry"),
    "no day": ("operator", lambda: statement([{"booked_on": ""}]), "lines.booked_on"),
    "a day spelled otherwise": (
        "operator",
        lambda: statement([{"booked_on": "20261130"}]),
        "lines.booked_on",
    ),
    "a reference in two lines": ("operator", lambda: statement([{"reference": "a\nb"}]), "lines.reference"),
    "words without end": ("operator", lambda: statement([{"remittance": "x" * 141}]), "lines.remittance"),
    "a statement without name": ("operator", lambda: statement([{}], statement_id=""), "statement_id"),
    "settlement 0": ("operator", InstructRequest, "settlement"),
    "a break of no line for bob": ("ann", lambda: AssignBreakRequest(person="bob"), "line_sha256"),
    "a break for nobody": ("ann", lambda: AssignBreakRequest(line_sha256=bytes(32)), "person"),
    "a resolution of no line": ("ann", lambda: resolution(line_sha256=b""), "proposal.line_sha256"),
    "a resolution in no way": ("ann", lambda: resolution(write_off=None), "proposal.kind"),
    "a resolution without a reason": ("ann", lambda: resolution(words=""), "proposal.words"),
    "a reason in two lines": ("ann", lambda: resolution(words="a\nresult ok"), "proposal.words"),
    "a reason without end": ("ann", lambda: resolution(words="x" * 201), "proposal.words"),
    "an adjustment of nobody": (
        "ann",
        lambda: resolution(adjustment=Adjustment()),
        "proposal.adjustment.participant",
    ),
    "a match in settlement 0": (
        "ann",
        lambda: resolution(match=Match(participant="bakery")),
        "proposal.match.settlement",
    ),
    "a match of nobody": (
        "ann",
        lambda: resolution(match=Match(settlement=1)),
        "proposal.match.participant",
    ),
    "an offset by no line": ("ann", lambda: resolution(offset=Offset()), "proposal.offset.line_sha256"),
    "a resolution spelled twice": (
        "ann",
        lambda: ProposeResolutionRequest(proposal=resolution().proposal * 2),
        "proposal",
    ),
    "yes to a short hash": (
        "ann",
        lambda: ApproveResolutionRequest(proposal_sha256=b"1"),
        "proposal_sha256",
    ),
}


@pytest.mark.parametrize("case", FIELDS)
def test_a_field_that_breaks_its_rule_is_named(door: Door, case: str) -> None:
    who, make, field = FIELDS[case]
    door.names_field(who, make(), field)


def test_a_resolution_for_another_network_is_refused_at_the_door(door: Door) -> None:
    with door.records_nothing():
        door.ask("ann", resolution(audience="other/net")).is_error("AUDIENCE_MISMATCH")


def test_only_the_newest_account_can_be_approved_and_each_sees_its_own(door: Door) -> None:
    first, second = an_account(11), an_account(12, bic="INGDDEFFXXX")
    with (
        BlockingClient(door.identity("bakery")) as bakery,
        BlockingClient(door.identity("grocer")) as grocer,
        BlockingClient(door.identity("ann")) as ann,
    ):

        def waiting() -> bytes:
            [found] = bakery.accounts()
            return found.proposed_sha256

        def proposed(account: bank_account.BankAccount) -> bytes:
            assert bakery.propose_account(account).refusal is None
            return waiting()

        older, newer = proposed(first), proposed(second)
        assert ann.approve_account(partner_id="bakery", account_sha256=older).refusal == "PROPOSAL_UNKNOWN"
        assert ann.approve_account(partner_id="grocer", account_sha256=newer).refusal == "PROPOSAL_UNKNOWN"
        assert ann.approve_account(partner_id="bakery", account_sha256=newer).refusal is None
        assert ann.approve_account(partner_id="bakery", account_sha256=newer).refusal == "ALREADY_APPROVED"
        [found] = bakery.accounts()
        assert (found.in_force, found.proposed) == (second, None)
        assert grocer.accounts() == []
        assert ann.accounts() == bakery.accounts()
        proposed(first)
        [found] = ann.accounts()
        assert (found.in_force, found.proposed) == (second, first), "an account counts once it is approved"


def test_a_settlement_that_nobody_instructed_has_no_files(door: Door) -> None:
    with BlockingClient(door.identity("operator")) as operator:
        with pytest.raises(RequestRejectedError) as caught:
            operator.instruction(settlement=1)
        assert caught.value.reason == "INSTRUCTION_NOT_FOUND"
        assert operator.instruct(settlement=1).refusal == "SETTLEMENT_UNKNOWN"


@pytest.mark.parametrize(
    ("amount", "reason"),
    [(0, "AMOUNT_NOT_POSITIVE"), (10**12 + 1, "AMOUNT_TOO_LARGE"), (-(2**63), "AMOUNT_TOO_LARGE")],
)
def test_a_line_moves_money_within_bounds(door: Door, amount: int, reason: str) -> None:
    with door.records_nothing():
        door.ask("operator", statement([{"amount_minor": amount}])).is_error(reason)
