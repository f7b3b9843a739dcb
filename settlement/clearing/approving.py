"""Pure decisions on approvals: another person's yes, after which each leg stands on its settling account; and their end."""

from collections.abc import Iterator

from settlement.clearing.acts import AbortSettlement, Approve
from settlement.clearing.proposing import FiguresByCycle, deferred_now, warnings_now, why_over
from settlement.clearing.securing import paid_ahead
from settlement.errors import CoalitionError
from settlement.house.drafting import house_draft
from settlement.house.four_eyes import why_not_second
from settlement.house.records import Settlement
from settlement.house.security import PREFUND, account_of
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import Transfer
from settlement.ledger.chart import position
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
    posts: tuple[Transfer, ...] = ()
    if settlement is not None and refusal is None:
        posts = _settling_posts(house, settlement, paid_ahead(house, settlement))
    return house_draft("approve", act, (*number, ("proposal", body.proposal_sha256)), refusal, posts)


def _approval_refusal(
    house: House, figures: FiguresByCycle, settlement: Settlement | None, act: Act[object], now_us: int
) -> str | None:
    if settlement is None:
        return "PROPOSAL_UNKNOWN"
    over = why_over(settlement)
    if over is not None:
        return over
    if house.cycles[settlement.cycle].settlement is not None:
        return "CYCLE_IN_SETTLEMENT"
    if now_us < settlement.objections_end_us:
        return "OBJECTION_PERIOD"
    if any(objection.accepted is None for objection in settlement.objections.values()):
        return "OBJECTION_OPEN"
    refusal = why_not_second(house, act, settlement.proposer, settlement.objections_end_us, now_us)
    if refusal is not None:
        return refusal
    computed = figures.get(settlement.cycle)
    if computed is None or computed.nets != settlement.nets:
        return "FIGURES_DIFFER"
    if deferred_now(house, figures, settlement.cycle) != settlement.deferred:
        return "FIGURES_DIFFER"
    same = warnings_now(house, figures, settlement.cycle) == settlement.warnings
    return None if same else "WARNINGS_DIFFER"


def _settling_posts(house: House, settlement: Settlement, ahead: frozenset[str]) -> tuple[Transfer, ...]:
    """A leg that was paid ahead is paid at once. In one posting, so that a settlement of all participants still fits a leaf."""
    network = house.founded
    unit = micros_per_minor(network.minor_digits)
    for name, amount in (*settlement.nets.items(), *settlement.legs.items()):
        if abs(amount) * unit > MICROS_MAX:
            raise CoalitionError("AMOUNT_TOO_LARGE", f"the leg of {name} is more than one transfer can move")
    return tuple(
        [
            Transfer(debit, credit, network.currency, amount * unit)
            if amount > 0
            else Transfer(credit, debit, network.currency, -amount * unit)
            for debit, credit, amount in _moves(settlement, ahead)
            if amount
        ]
    )


def _moves(settlement: Settlement, ahead: frozenset[str]) -> Iterator[tuple[str, str, int]]:
    """Debit, credit and minor units; below zero it is the other way round.

    What is deferred stands on the operator's leg, and is owed to the operator again, or by it.
    """

    def leg(name: str) -> str:
        return account_of(PREFUND, name) if name in ahead else f"settling:{settlement.number}:{name}"

    later = frozenset(settlement.deferred)
    for name, amount in settlement.nets.items():
        if name not in later:
            yield leg(name), position(name), amount
    for name in settlement.deferred:
        yield leg(settlement.operator), position(name), settlement.nets[name]
        yield position(name), position(settlement.operator), settlement.nets[name]


def abort(house: House, act: Act[object], body: AbortSettlement) -> Draft:
    """Undoes an approval by the postings that go the other way, while no leg is paid but ahead, none in default, and no bank was
    told to pay.
    """
    settlement = house.settlements.get(body.settlement)
    refusal = None
    if settlement is None:
        refusal = "SETTLEMENT_UNKNOWN"
    elif settlement.aborted_at is not None:
        refusal = "ALREADY_ABORTED"
    elif settlement.approved_at is None:
        refusal = "NOT_APPROVED"
    elif settlement.paid != settlement.paid_ahead or settlement.defaults or not settlement.legs:
        refusal = "LEG_ALREADY_PAID"
    elif settlement.number in house.instructions:
        refusal = "ALREADY_INSTRUCTED"
    posts: tuple[Transfer, ...] = ()
    if settlement is not None and refusal is None:
        posts = _settling_posts(house, settlement, settlement.paid_ahead)
    undone = tuple([post.inverse() for post in posts])
    return house_draft("abort", act, (("settlement", str(body.settlement)),), refusal, undone)
