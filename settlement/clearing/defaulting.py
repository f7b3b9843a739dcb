"""Pure decisions on participants that do not pay in time: two people agree who bears the leg, by the waterfall.

Collateral and guarantee are the defaulter's own. For what the operator and the survivors bear they have a claim: the defaulter
owes it to them in the open cycle. Whatever it pays later pays that claim; the leg is closed.
"""

from collections.abc import Mapping

from settlement.clearing.closing import not_closed
from settlement.clearing.due import is_overdue
from settlement.clearing.netting import Obligations
from settlement.clearing.security_acts import ApproveDefault, ProposeDefault
from settlement.clearing.waterfall import pour
from settlement.house.drafting import house_draft
from settlement.house.four_eyes import why_not_approve
from settlement.house.records import Settlement
from settlement.house.security import CAPITAL, COLLATERAL, GUARANTEE, Default, Waterfall, account_of
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import Transfer
from settlement.ledger.chart import position
from settlement.money import micros_per_minor

OwedByCycle = Mapping[int, Obligations]
"""Of every cycle that a default of the batch is about and that all shards have cut: at least what who defaults owed."""


def fall_of(house: House, owed: OwedByCycle, settlement: Settlement, participant: str) -> Waterfall:
    """Who bears an unpaid leg as the books stand. CycleNotClosedError: what was owed is not known yet."""
    if settlement.cycle not in owed:
        raise not_closed(house, settlement.cycle)
    security, unpaid = house.security, settlement.unpaid
    return pour(
        unpaid[participant],
        collateral=security.of(COLLATERAL, participant),
        guarantee=security.of(GUARANTEE, participant),
        capital=security.of(CAPITAL, participant),
        owed={
            creditor: amount
            for (debtor, creditor), amount in owed[settlement.cycle].items()
            if debtor == participant
        },
        to_be_paid={name: -left for name, left in unpaid.items()},
    )


def why_no_default(house: House, settlement: Settlement | None, participant: str, now_us: int) -> str | None:
    """Why a participant is not in default with its leg, or None."""
    if settlement is None or not settlement.approved or settlement.legs.get(participant, 0) <= 0:
        return "LEG_UNKNOWN"
    if participant in settlement.paid:
        return "LEG_ALREADY_PAID"
    if participant in settlement.defaults:
        return "LEG_DEFAULTED"
    return None if is_overdue(house, settlement, now_us) else "LEG_NOT_OVERDUE"


def propose_default(
    house: House, owed: OwedByCycle, act: Act[object], body: ProposeDefault, now_us: int
) -> Draft:
    """A default that another person may approve."""
    settlement = house.settlements.get(body.settlement)
    refusal = why_no_default(house, settlement, body.participant, now_us)
    if settlement is not None and refusal is None:
        right = body.fall == fall_of(house, owed, settlement, body.participant)
        refusal = None if right and body.currency == house.founded.currency else "FIGURES_DIFFER"
    fall = body.fall.lines() if refusal is None else ()
    about = (("settlement", str(body.settlement)), ("subject", body.participant))
    return house_draft("default-propose", act, (*about, *fall, ("proposal", body.proposal_sha256)), refusal)


def approve_default(
    house: House, owed: OwedByCycle, act: Act[object], body: ApproveDefault, now_us: int
) -> Draft:
    """Pours the waterfall of the newest default with this proposal, computed again."""
    found = house.security.defaults.get(body.proposal_sha256)
    refusal = _approval_refusal(house, owed, found, act, now_us)
    about = () if found is None else (("settlement", str(found.settlement)), ("subject", found.participant))
    posts = () if found is None or refusal else _posts(house, found)
    return house_draft("default-approve", act, (*about, ("proposal", body.proposal_sha256)), refusal, posts)


def _approval_refusal(
    house: House, owed: OwedByCycle, found: Default | None, act: Act[object], now_us: int
) -> str | None:
    refusal = why_not_approve(house, act, found, now_us)
    if refusal is not None or found is None:
        return refusal
    settlement = house.settlements[found.settlement]
    refusal = why_no_default(house, settlement, found.participant, now_us)
    if refusal is not None:
        return refusal
    same = found.fall == fall_of(house, owed, settlement, found.participant)
    return None if same else "FIGURES_DIFFER"


def _posts(house: House, default: Default) -> tuple[Transfer, ...]:
    """Each step pays into the leg; whoever has a claim for it is owed by the defaulter again."""
    network, name, fall = house.founded, default.participant, default.fall
    leg = f"settling:{default.settlement}:{name}"
    own = [(account_of(kind, name), getattr(fall, kind)) for kind in (COLLATERAL, GUARANTEE)]
    moves = [(account, leg, amount) for account, amount in own]
    moves.append((CAPITAL, leg, fall.operators))
    if name != network.operator:
        moves.append((position(name), position(network.operator), fall.operators))
    for survivor, amount in fall.borne.items():
        moves.append((f"settling:{default.settlement}:{survivor}", leg, amount))
        moves.append((position(name), position(survivor), amount))
    unit = micros_per_minor(network.minor_digits)
    return tuple(
        [
            Transfer(debit, credit, network.currency, amount * unit)
            for debit, credit, amount in moves
            if amount
        ]
    )
