"""Pure decisions on legs: a confirmation moves one from its settling account on to the bank."""

from settlement.clearing.acts import Confirm
from settlement.errors import CoalitionError
from settlement.house.drafting import house_draft
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import Transfer
from settlement.money import MICROS_MAX, micros_per_minor


def confirm(house: House, act: Act[object], body: Confirm) -> Draft:
    """One leg is paid. CoalitionError AMOUNT_TOO_LARGE, whatever else is wrong: the amount fits no line."""
    network = house.founded
    settlement = house.settlements.get(body.settlement)
    amount = settlement.legs.get(body.participant) if settlement is not None and settlement.approved else None
    refusal = None
    if settlement is None or amount is None:
        refusal = "LEG_UNKNOWN"
    elif body.participant in settlement.paid:
        refusal = "LEG_ALREADY_PAID"
    elif abs(amount) != body.amount_minor:
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
    if refusal is not None or amount is None:
        return house_draft("confirm", act, lines, refusal)
    debit, credit = ("bank", settling) if amount > 0 else (settling, "bank")
    return house_draft("confirm", act, lines, None, (Transfer(debit, credit, network.currency, micros),))
