"""Pure decisions on legs: a confirmation moves one from its settling account on to the bank."""

from settlement.clearing.acts import Confirm
from settlement.errors import CoalitionError
from settlement.house.awaited import why_not_awaited
from settlement.house.drafting import house_draft
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import Transfer
from settlement.money import MICROS_MAX, micros_per_minor


def confirm(house: House, act: Act[object], body: Confirm) -> Draft:
    """One leg is paid. CoalitionError AMOUNT_TOO_LARGE, whatever else is wrong: the amount fits no line."""
    network = house.founded
    refusal = why_not_awaited(house, body.settlement, body.participant)
    due = 0 if refusal else house.settlements[body.settlement].unpaid[body.participant]
    if refusal is None and abs(due) != body.amount_minor:
        refusal = "LEG_AMOUNT_DIFFERS"
    micros = body.amount_minor * micros_per_minor(network.minor_digits)
    if micros > MICROS_MAX:
        message = "amount_minor is more than the books can hold of this currency"
        raise CoalitionError("AMOUNT_TOO_LARGE", message, field="amount_minor")
    settling = f"settling:{body.settlement}:{body.participant}"
    lines = (
        ("settlement", str(body.settlement)),
        ("subject", body.participant),
        ("amount", f"{network.currency} {micros}"),
    )
    if refusal is not None:
        return house_draft("confirm", act, lines, refusal)
    debit, credit = ("bank", settling) if due > 0 else (settling, "bank")
    return house_draft("confirm", act, lines, None, (Transfer(debit, credit, network.currency, micros),))
