"""Which payments are awaited. Pure."""

from settlement.house.state import House


def why_not_awaited(house: House, number: int, participant: str) -> str | None:
    """Why no payment of a participant's leg of a settlement is awaited, or None."""
    settlement = house.settlements.get(number)
    if settlement is None or not settlement.approved or participant not in settlement.legs:
        return "LEG_UNKNOWN"
    if participant in settlement.paid:
        return "LEG_ALREADY_PAID"
    return None if participant in settlement.unpaid else "LEG_DEFAULTED"
