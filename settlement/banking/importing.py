"""Pure decision on lines of a bank statement: those that pay legs confirm them, the rest wait in suspense as breaks.

Money in the bank that pays a leg stands against its settling account, as a confirmation by hand; any other against `suspense`.
"""

from collections.abc import Iterator

from settlement.banking.acts import ImportBankStatement
from settlement.banking.identifiers import creditor_reference, end_to_end_id
from settlement.banking.matching import Match, OpenLeg, match_lines
from settlement.house.banking import BREAK, PAID, line_name, statement_name
from settlement.house.drafting import house_draft
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import Transfer
from settlement.ledger.chart import SUSPENSE
from settlement.money import micros_per_minor


def import_statement(house: House, act: Act[object], body: ImportBankStatement) -> Draft:
    """All lines or none. A line is known by account, statement and entry, so the same statement twice is harmless."""
    about = ("statement", statement_name(body.iban, body.statement_id))
    own = house.accounts.get(house.operator)
    refusal = None
    if own is None or own.iban != body.iban:
        refusal = "ACCOUNT_MISSING"
    elif any(line_name(body.iban, body.statement_id, line.entry) in house.bank_lines for line in body.lines):
        refusal = "STATEMENT_KNOWN"
    if refusal is not None:
        return house_draft("bank-statement", act, (about,), refusal)
    matches = match_lines(body.lines, _open_legs(house))
    lines = [("bank-line", _spelled(body, match)) for match in matches]
    posts = tuple([_post(house, match) for match in matches])
    return house_draft("bank-statement", act, (about, *lines), None, posts)


def _open_legs(house: House) -> Iterator[OpenLeg]:
    """The legs of every settlement that is approved and not paid in full, as a bank sees them."""
    origin = house.founded.origin
    for settlement in map(house.settlements.__getitem__, house.unsettled):
        unpaid = settlement.unpaid
        for name, amount in settlement.legs.items():
            if name == house.operator:
                continue
            account = house.accounts.get(name)
            yield OpenLeg(
                settlement.number,
                name,
                unpaid.get(name, amount),
                end_to_end_id(origin, settlement.number, name),
                creditor_reference(origin, settlement.number, name),
                "" if account is None else account.iban,
                name not in unpaid,
            )


def _spelled(body: ImportBankStatement, match: Match) -> str:
    line, leg = match.line, match.leg
    found = PAID if match.why is None else f"{BREAK} {match.why}"
    about = "" if leg is None else f" {leg.settlement} {leg.participant}"
    name = line_name(body.iban, body.statement_id, line.entry)
    return f"{name} {line.amount_minor} {line.booked_on.isoformat()} {found}{about}"


def _post(house: House, match: Match) -> Transfer:
    network, amount, leg = house.founded, match.line.amount_minor, match.leg
    pays = leg is not None and match.why is None
    other = f"settling:{leg.settlement}:{leg.participant}" if pays and leg is not None else SUSPENSE
    debit, credit = ("bank", other) if amount > 0 else (other, "bank")
    return Transfer(debit, credit, network.currency, abs(amount) * micros_per_minor(network.minor_digits))
