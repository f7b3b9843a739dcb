"""Pure decisions on approvals: another person's yes, after which each leg stands on its settling account."""

from settlement.clearing.acts import Approve
from settlement.clearing.proposing import FiguresByCycle
from settlement.errors import CoalitionError
from settlement.house.drafting import house_draft
from settlement.house.pricing import PROPOSAL_LIFE_US
from settlement.house.records import Settlement
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import Transfer
from settlement.money import MICROS_MAX, micros_per_minor


def proposal_to_approve(house: House, proposal_sha256: str) -> Settlement | None:
    """The newest settlement with this proposal."""
    found = [s for s in house.settlements.values() if s.proposal_sha256 == proposal_sha256]
    return found[-1] if found else None


def approve(house: House, figures: FiguresByCycle, act: Act[object], body: Approve, now_us: int) -> Draft:
    """Posts every leg of the newest settlement with this proposal. CoalitionError AMOUNT_TOO_LARGE: a leg fits no posting."""
    settlement = proposal_to_approve(house, body.proposal_sha256)
    refusal = _approval_refusal(house, figures, settlement, act, now_us)
    number = () if settlement is None else (("settlement", str(settlement.number)),)
    posts = () if settlement is None or refusal else _settling_posts(house, settlement)
    return house_draft("approve", act, (*number, ("proposal", body.proposal_sha256)), refusal, posts)


def _approval_refusal(
    house: House, figures: FiguresByCycle, settlement: Settlement | None, act: Act[object], now_us: int
) -> str | None:
    if settlement is None:
        return "PROPOSAL_UNKNOWN"
    if settlement.approved:
        return "ALREADY_APPROVED"
    if house.cycles[settlement.cycle].settlement is not None:
        return "CYCLE_IN_SETTLEMENT"
    if now_us > settlement.proposed_at_us + PROPOSAL_LIFE_US:
        return "PROPOSAL_EXPIRED"
    if (house.keys[act.keyid].person or act.partner) == settlement.proposer:
        return "SAME_PERSON"
    computed = figures.get(settlement.cycle)
    return None if computed is not None and computed.nets == settlement.nets else "FIGURES_DIFFER"


def _settling_posts(house: House, settlement: Settlement) -> tuple[Transfer, ...]:
    network = house.founded
    unit = micros_per_minor(network.minor_digits)
    posts: list[Transfer] = []
    for participant, amount in settlement.legs.items():
        if abs(amount) * unit > MICROS_MAX:
            raise CoalitionError(
                "AMOUNT_TOO_LARGE", f"the leg of {participant} is more than one transfer can move"
            )
        position, settling = f"position:{participant}", f"settling:{settlement.number}:{participant}"
        debit, credit = (settling, position) if amount > 0 else (position, settling)
        posts.append(Transfer(debit, credit, network.currency, abs(amount) * unit))
    return tuple(posts)
