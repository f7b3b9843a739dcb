"""Money out, in stories: companies come to new banks, people approve that, and the operator's bank is told to pay."""

from dataclasses import replace
from datetime import date
from hashlib import sha256
from random import Random

from coalition.simulation.cast import NETWORK, PEOPLE, Cast, Company
from coalition.simulation.model import Model
from coalition.simulation.requests import Asking, message_of
from coalition.simulation.story import OF_OPERATOR, Step
from coalition.wire.banking import LINE_MINOR_MAX
from settlement.banking.acts import (
    ApproveAccount,
    BankLine,
    ImportBankStatement,
    Instruct,
    ProposeAccount,
)
from settlement.banking.identifiers import creditor_reference, end_to_end_id, iban_of
from settlement.house.bank_account import BankAccount


def account_of(name: str, number: int) -> BankAccount:
    """The account with this number, of which a company has a few; some of its banks say who they are."""
    chance = Random(f"account of {name} {number}")  # noqa: S311 - a story must be told again from its seed
    iban = iban_of("DE", f"50010517{chance.randrange(10**10):010}")
    return BankAccount(f"{name.title()} Ltd.", iban, "DE", "INGDDEFFXXX" if number % 2 else "")


def propose_account(cast: Cast, step: Step) -> Asking | None:
    """A company's next account; the operator's, by one person."""
    company = _company(cast, step)
    body = ProposeAccount(account_of(company.name, step.amount % 3))
    keys = [cast.people[PEOPLE[step.amount % 2]]] if company is cast.operator else company.live
    return Asking(company, keys[-1], body, message_of(body)) if keys else None


def approve_account(cast: Cast, model: Model, step: Step) -> Asking:
    """What a company proposed last, mostly by another person; or what nobody proposed."""
    name = _company(cast, step).name
    named = None if step.conduct == "odd" else model.facts.banking.named.get(name)
    body = ApproveAccount(name, sha256(b"none").hexdigest() if named is None else named.sha256)
    person = PEOPLE[(step.amount + (step.conduct != "by operator")) % 2]
    return Asking(cast.operator, cast.people[person], body, message_of(body))


def instruct(cast: Cast, step: Step, settlements: int) -> Asking | None:
    """The newest of so many settlements, or one before or after it."""
    body = Instruct(max(1, settlements - (step.amount % 3 - 1 if step.conduct else 0)))
    operator = cast.operator
    return Asking(operator, operator.live[-1], body, message_of(body)) if operator.live else None


def import_statement(cast: Cast, model: Model, step: Step, settlements: int) -> Asking | None:
    """What the bank booked for a settlement, each payer in its own way; "odd": as a statement that was perhaps there before."""
    number, operator = max(1, settlements - (step.amount % 3 if step.conduct else 0)), cast.operator
    own = model.facts.banking.accounts.get(operator.name) or account_of(operator.name, 0)
    legs = [
        (name, left)
        for name, left in model.unpaid(number).items()
        if name != operator.name and 2 * abs(left) <= LINE_MINOR_MAX
    ]
    lines = [
        replace(_paid(model, number, *leg, (step.number + place) % 8), entry=str(place))
        for place, leg in enumerate(legs)
    ]
    lines.append(replace(lines[0], entry="again") if lines and step.amount % 2 else _stray("stray"))
    lines.append(_stray("sent back", -42 if step.number % 2 else 42))
    name = str(step.amount % 3) if step.conduct == "odd" else f"of {step.number}"
    body = ImportBankStatement(own.iban, name, tuple(lines))
    return Asking(operator, operator.live[-1], body, message_of(body)) if operator.live else None


def _paid(model: Model, number: int, name: str, net: int, how: int) -> BankLine:
    reference = creditor_reference(NETWORK.origin, number, name)
    line = replace(_stray(""), amount_minor=net)
    match how:
        case 0 | 1:
            return replace(line, end_to_end_id=end_to_end_id(NETWORK.origin, number, name))
        case 2:
            return replace(line, reference=reference)
        case 3:
            groups = [reference[at : at + 4] for at in range(0, len(reference), 4)]
            return replace(line, remittance=" ".join(["November", *groups]))
        case 4:
            account = model.facts.banking.accounts.get(name)
            return line if account is None else replace(line, iban=account.iban)
        case 5:
            return replace(
                line, amount_minor=2 * net, end_to_end_id=end_to_end_id(NETWORK.origin, number, name)
            )
    return line


def _stray(entry: str, cents: int = 42) -> BankLine:
    """What nobody expects."""
    return BankLine(entry, cents, date(2026, 11, 30))


def _company(cast: Cast, step: Step) -> Company:
    return cast.operator if step.amount % 7 == OF_OPERATOR else cast.partner(step.who)
