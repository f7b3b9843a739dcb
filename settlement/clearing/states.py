"""How far a settlement has come: computed from what is recorded and from the time, stored nowhere."""

from settlement.house.four_eyes import is_expired
from settlement.house.records import Settlement
from settlement.house.state import House


def state_of(house: House, settlement: Settlement, now_us: int) -> str:
    """`objection-period`, `pending-approval`, `expired`; `superseded`: another one of the cycle is approved; then `cancelled`, or
    `approved`, `instructed`, `partially-settled`, `settled`, `aborted`.
    """
    if settlement.aborted_at is not None:
        return "aborted"
    if settlement.cancelled_at is not None:
        return "cancelled"
    if settlement.approved:
        return _how_far_paid(house, settlement)
    if house.cycles[settlement.cycle].settlement is not None:
        return "superseded"
    if now_us < settlement.objections_end_us:
        return "objection-period"
    return "expired" if is_expired(settlement.objections_end_us, now_us) else "pending-approval"


def _how_far_paid(house: House, settlement: Settlement) -> str:
    if settlement.settled:
        return "settled"
    if settlement.paid:
        return "partially-settled"
    return "instructed" if settlement.number in house.instructions else "approved"
