"""Pure decisions on cycles and settlements. Rules in the order of the proto's comments.

Approval posts, per participant with a net, `position` against `settling`; a confirmation moves it on to the `bank`. So when every
leg is paid all `settling` accounts of the settlement and the bank stand at zero again.
"""

from collections.abc import Mapping

from settlement.clearing.acts import Approve, CloseCycle, Confirm, Propose
from settlement.clearing.netting import Figures
from settlement.errors import CoalitionError
from settlement.house.acts import (
    AgreeToFund,
    ApproveOpening,
    ApproveTariff,
    EndFunding,
    ProposeOpening,
    ProposeTariff,
)
from settlement.house.decide import decide_house
from settlement.house.drafting import house_draft
from settlement.house.funding import agree_to_fund, end_funding
from settlement.house.opening import approve_opening, propose_opening
from settlement.house.pricing import PROPOSAL_LIFE_US, approve_tariff, propose_tariff
from settlement.house.records import Settlement
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import Transfer
from settlement.money import MICROS_MAX, micros_per_minor

FiguresByCycle = Mapping[int, Figures]
"""Figures of every cycle that an act of the batch is about and that all shards have cut."""


class CycleNotClosedError(CoalitionError):
    """A shard has not yet cut the cycle, which takes milliseconds after the close; nothing is recorded."""

    def __init__(self, cycle: int) -> None:
        super().__init__(
            "CYCLE_NOT_CLOSED",
            f"cycle {cycle} is not cut by every shard yet; ask again in a moment",
            field="cycle",
        )


def decide_desk(house: House, figures: FiguresByCycle, act: Act[object], now_us: int) -> Draft:
    """Judges any act of the house.

    Errors, recorded nowhere: CycleNotClosedError where the answer is not ready, AMOUNT_TOO_LARGE, FIELD_INVALID.
    """
    match act.body:
        case CloseCycle() as body:
            return _close(house, act, body)
        case Propose() as body:
            return _propose(house, figures, act, body)
        case Approve() as body:
            return _approve(house, figures, act, body, now_us)
        case Confirm() as body:
            return _confirm(house, act, body)
        case ProposeTariff() as body:
            return propose_tariff(house, act, body)
        case ApproveTariff() as body:
            return approve_tariff(house, act, body, now_us)
        case AgreeToFund() as body:
            return agree_to_fund(house, act, body, now_us)
        case EndFunding() as body:
            return end_funding(house, act, body, now_us)
        case ProposeOpening() as body:
            return propose_opening(house, act, body)
        case ApproveOpening() as body:
            return approve_opening(house, act, body, now_us)
    return decide_house(house, act)


def proposal_to_approve(house: House, proposal_sha256: str) -> Settlement | None:
    """The newest settlement with this proposal."""
    found = [s for s in house.settlements.values() if s.proposal_sha256 == proposal_sha256]
    return found[-1] if found else None


def _close(house: House, act: Act[object], body: CloseCycle) -> Draft:
    refusal = None
    if body.cycle not in house.cycles:
        refusal = "CYCLE_UNKNOWN"
    elif body.cycle != house.open_cycle:
        refusal = "CYCLE_NOT_OPEN"
    label = (("label", body.label),) if body.label else ()
    return house_draft("close", act, (("cycle", str(body.cycle)), *label), refusal)


def _propose(house: House, figures: FiguresByCycle, act: Act[object], body: Propose) -> Draft:
    cycle = house.cycles.get(body.cycle)
    refusal = None
    if cycle is None:
        refusal = "CYCLE_UNKNOWN"
    elif cycle.settlement is not None:
        refusal = "CYCLE_IN_SETTLEMENT"
    elif body.cycle not in figures:
        raise CycleNotClosedError(body.cycle)
    elif figures[body.cycle] != body.figures or body.currency != house.founded.currency:
        refusal = "FIGURES_DIFFER"
    lines: list[tuple[str, str]] = [("cycle", str(body.cycle))]
    if refusal is None:
        lines.append(("settlement", str(len(house.settlements) + 1)))
    lines.append(("proposal", body.proposal_sha256))
    if refusal is None:
        lines += [("net", f"{participant} {amount}") for participant, amount in body.figures.nets.items()]
    return house_draft("propose", act, tuple(lines), refusal)


def _approve(house: House, figures: FiguresByCycle, act: Act[object], body: Approve, now_us: int) -> Draft:
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


def _confirm(house: House, act: Act[object], body: Confirm) -> Draft:
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
