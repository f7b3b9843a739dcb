"""The law on what participants owe each other: docs/ledger.md, "Money of points"."""

from collections import Counter
from collections.abc import Iterator

from coalition.simulation.model.facts import Facts
from coalition.simulation.model.lots import Lot
from coalition.simulation.model.points import Deed
from coalition.simulation.model.reversing import standing


def debts_are_acts(facts: Facts) -> Iterator[str]:
    """Between two participants accrued what acts that stand, repaid arrears, expired points, defaults, adjustments and deferred
    sums made them owe.
    """
    accrued: Counter[tuple[str, str]] = Counter()
    for owed in facts.cycles.accrued.values():
        for (debtor, creditor), micros in owed.items():
            _owe(accrued, debtor, creditor, micros)
    due: Counter[tuple[str, str]] = Counter()
    for deed in facts.points.deeds.values():
        if deed.kind == "issue":
            # But for those that each funder took back or that are owed to it.
            for lot, quantity in deed.slices:
                stands = quantity - deed.withdrawn[lot.name] - deed.owed[lot.name]
                _owe_for_issue(facts, lot, stands, due)
                _owe_tax(facts, lot, quantity, due)
            for lot, quantity in deed.paid_back:
                _owe_tax(facts, lot, quantity, due, sign=-1)
        else:
            _owe_for_redemption(facts, deed, due)
    for lot in facts.openings.lots:
        _owe_for_issue(facts, lot, lot.quantity, due)
    for together in _opened_together(facts).values():
        _owe_tax(facts, together[0], sum(lot.quantity for lot in together), due)
    is_pool, operator = facts.points.prices.is_pool, facts.partners.operator
    prices = facts.points.prices
    for repayment in facts.points.arrears.repaid if not is_pool else []:
        rate = prices.micros("rate_micros", repayment.tariff, repayment.arrear.asset)
        _owe(due, repayment.lot.funder, repayment.arrear.partner, repayment.points * rate)
    for lot, points in facts.points.expired if is_pool else []:
        _owe(due, operator, lot.funder, prices.rebate(points, lot.tariff, lot.asset))
    for partner, micros in facts.transfers.fees.items():
        _owe(due, partner, operator, micros)
    _owe_for_settlements(facts, due)
    for pair in accrued.keys() | due.keys():
        if pair[0] != pair[1] and accrued[pair] != due[pair]:
            yield f"{pair[0]} accrued {accrued[pair]} micros to {pair[1]}, acts say {due[pair]}"


def _owe_for_settlements(facts: Facts, due: Counter[tuple[str, str]]) -> None:
    """What defaults, deferred sums and adjusted breaks made anyone owe, in minor units; nobody owes itself."""
    operator = facts.partners.operator
    claims = facts.defaults.claims() + [(operator, name, cents) for name, cents in facts.breaks.adjusted]
    for settlement in facts.settlements.all:
        claims += [
            (name, operator, settlement.nets[name])
            for name in (settlement.deferred if settlement.binds else ())
        ]
    for debtor, creditor, cents in claims:
        if debtor != creditor:
            _owe(due, debtor, creditor, cents * facts.cycles.unit)


def _owe_for_issue(facts: Facts, lot: Lot, points: int, due: Counter[tuple[str, str]]) -> None:
    """A funder owes the operator for its points."""
    prices = facts.points.prices
    price = prices.micros("price_micros", lot.tariff, lot.asset) if prices.is_pool else 0
    fee = prices.micros("fee_micros", lot.tariff, lot.asset)
    _owe(due, lot.funder, facts.partners.operator, points * (fee + price))


def _owe_tax(facts: Facts, lot: Lot, points: int, due: Counter[tuple[str, str]], *, sign: int = 1) -> None:
    """A funder owes the operator the tax on one fee, to the micro; or the operator owes it back."""
    prices = facts.points.prices
    fee = points * prices.micros("fee_micros", lot.tariff, lot.asset)
    _owe(due, lot.funder, facts.partners.operator, sign * prices.tax(fee, lot.tariff))


def _opened_together(facts: Facts) -> dict[tuple[int, int, str], list[Lot]]:
    """Lots of openings, by entry and asset: one fee is paid for all of them."""
    found: dict[tuple[int, int, str], list[Lot]] = {}
    for lot in facts.openings.lots:
        found.setdefault((lot.shard, lot.index, lot.asset), []).append(lot)
    return found


def _owe_for_redemption(facts: Facts, deed: Deed, due: Counter[tuple[str, str]]) -> None:
    """Whoever pays for points owes the redeemer of what stands; it owes their funders for them."""
    prices = facts.points.prices
    rate, interchange = (
        prices.micros(term, deed.tariff, deed.asset) for term in ("rate_micros", "interchange_micros")
    )
    for (lot, _), points in zip(deed.slices, standing(deed, deed.undone), strict=True):
        payer = facts.partners.operator if facts.points.prices.is_pool else lot.funder
        _owe(due, payer, deed.partner, points * rate)
        _owe(due, deed.partner, lot.funder, points * interchange)


def _owe(between: Counter[tuple[str, str]], debtor: str, creditor: str, micros: int) -> None:
    """Adds a debt to what the first of the two by name owes the other."""
    if debtor < creditor:
        between[debtor, creditor] += micros
    else:
        between[creditor, debtor] -= micros
