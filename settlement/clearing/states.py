"""How far a settlement has come: computed from what is recorded and from the time, stored nowhere."""

from settlement.clearing.due import is_overdue
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


def leg_state_of(house: House, settlement: Settlement, participant: str, now_us: int) -> str | None:
    """How a leg stands: `due`, `instructed`, `overdue`, `paid`, `reconciled`; in default `covered` or `allocated`; `borne`:
    nothing is left of it. `deferred`: there will be none. None: there is none, as also before the approval and after an end.
    """
    if settlement.cancelled_at is not None or settlement.aborted_at is not None:
        return None
    if participant in settlement.deferred:
        return "deferred"
    if not settlement.approved or participant not in settlement.legs:
        return None
    if participant in settlement.paid:
        return "reconciled" if participant in settlement.paid_by_line else "paid"
    if participant in settlement.defaults:
        return settlement.defaults[participant].fall.outcome
    return _unpaid_state(house, settlement, participant, now_us)


def _unpaid_state(house: House, settlement: Settlement, participant: str, now_us: int) -> str:
    left = settlement.unpaid.get(participant, 0)
    if left > 0 and is_overdue(house, settlement, now_us):
        return "overdue"
    instruction = house.instructions.get(settlement.number)
    if left and instruction is not None and participant in instruction.legs:
        return "instructed"
    return "due" if left else "borne"


def _how_far_paid(house: House, settlement: Settlement) -> str:
    if settlement.settled:
        return "settled"
    if settlement.paid:
        return "partially-settled"
    return "instructed" if settlement.number in house.instructions else "approved"
