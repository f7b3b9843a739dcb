"""What must hold over the whole model at every moment: docs/ledger.md, "Invariants"; docs/clearing.md, "Legs".

Each law compares two ways to the same number that no rule writes together: postings, lots, acts, obligations, settlements.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product

from coalition.simulation.model.bank_laws import legs_are_settling, securities_are_deposits
from coalition.simulation.model.cycles import OPERATORS
from coalition.simulation.model.debts import debts_are_acts
from coalition.simulation.model.facts import Facts
from coalition.simulation.model.points import parts
from coalition.simulation.model.reversing import standing
from coalition.simulation.model.terms import (
    HOUSE,
    OPERATOR_KEYS_LEAST,
    OWED_MAX,
    REQUEST_KEYS_MAX,
    WALLET_MAX,
)

ASSETS = ("PTS", "VAL")
"""What members have: whatever holds of points, holds of value by itself."""


def conserved(facts: Facts) -> Iterator[str]:
    """Points issued, and those that members owe, are in wallets, held, pending, in transit, redeemed or expired."""
    for asset in ASSETS:
        issued = sum(facts.accounts.named("issued", asset).values())
        owed = sum(facts.accounts.named("arrears", asset).values())
        places = ("wallet", "held", "pending", "transit", "redeemed", "expired")
        found = {kind: -sum(facts.accounts.named(kind, asset).values()) for kind in places}
        if issued + owed != sum(found.values()):
            yield f"{issued} {asset} are issued, {owed} owed, of which are {found}"


def wallets_are_lots(facts: Facts) -> Iterator[str]:
    """A wallet's postings are what its member's open lots hold, from zero to the limit; what arrived may be beyond it."""
    kinds = (("wallet", facts.points.balance), ("pending", facts.points.pending))
    for (kind, points_of), asset in product(kinds, ASSETS):
        posted = facts.accounts.named(kind, asset)
        for member in facts.points.open_lots.keys() | posted.keys():
            held, said = points_of(member, asset), -posted.get(member, 0)
            if held != said or not 0 <= held <= WALLET_MAX + facts.transfers.from_elsewhere[member, asset]:
                yield f"the lots of member {member} hold {held} {asset}, {kind}:{member} {said}"


def holds_are_held(facts: Facts) -> Iterator[str]:
    """A member's held points are those of its open holds; with its wallet they stay within the limit."""
    posted = _posted(facts, "held", sign=-1)
    due: Counter[tuple[str, str]] = Counter()
    for hold in facts.holds.open():
        for lot, quantity in hold.slices:
            due[hold.member, lot.asset] += quantity
    for member, asset in due.keys() | posted.keys():
        said, most = posted[member, asset], facts.points.most(member, asset)
        if not due[member, asset] == said == facts.points.held[member, asset] >= 0:
            yield f"the open holds of member {member} are of {due[member, asset]} {asset}, held are {said}"
        if most > WALLET_MAX + facts.transfers.from_elsewhere[member, asset]:
            yield f"member {member} may come to have {most} {asset}"


def _posted(facts: Facts, kind: str, *, sign: int) -> Counter[tuple[str, str]]:
    """Debits less credits, or the other way round, of the accounts of a kind, by what follows it in their names and asset."""
    return Counter(
        {
            (name, asset): sign * amount
            for asset in ASSETS
            for name, amount in facts.accounts.named(kind, asset).items()
        }
    )


def lots_are_acts(facts: Facts) -> Iterator[str]:
    """A lot holds its points less those held, expired, back in another lot, transferred, repaid, taken back by the issuer, or of
    redemptions that stand.
    """
    taken: Counter[tuple[int, int, int]] = Counter()
    for deed in facts.points.deeds.values():
        is_issue = deed.kind == "issue"
        withdrawn = [deed.withdrawn[lot.name] for lot, _ in deed.slices]
        took = withdrawn if is_issue else standing(deed, deed.undone)
        for (lot, _), quantity in zip(deed.slices, took, strict=True):
            taken[lot.shard, *lot.name] += quantity
    slices = [each for hold in facts.holds.open() for each in hold.slices] + facts.points.expired
    slices += facts.transfers.left
    slices += [(lot, new.quantity) for lot, new in facts.points.renewed]
    slices += [(repayment.lot, repayment.points) for repayment in facts.points.arrears.repaid]
    for lot, quantity in slices:
        taken[lot.shard, *lot.name] += quantity
    for lot in facts.points.lots:
        gone = taken[lot.shard, *lot.name]
        if lot.left != lot.quantity - gone or lot.left < 0:
            yield f"lot {lot.shard}:{lot.index} of {lot.quantity} points holds {lot.left}, acts took {gone}"


def expired_are_lots(facts: Facts) -> Iterator[str]:
    """What expired for a partner was taken out of its lots."""
    gone: Counter[tuple[str, str]] = Counter()
    for lot, quantity in facts.points.expired:
        gone[lot.funder, lot.asset] += quantity
    for (partner, asset), posted in _posted(facts, "expired", sign=-1).items():
        if gone[partner, asset] != posted:
            yield f"{posted} {asset} of {partner} are posted as expired, its lots say {gone[partner, asset]}"


def issuers_are_lots(facts: Facts) -> Iterator[str]:
    """What a partner funded is its lots, but for those that points came back or moved in, less what it took back or is owed."""
    came_back = {id(new) for _, new in facts.points.renewed} | {id(lot) for lot in facts.transfers.came}
    due: Counter[tuple[str, str]] = Counter()
    for lot in facts.points.lots:
        due[lot.funder, lot.asset] += 0 if id(lot) in came_back else lot.quantity
    for deed in facts.points.deeds.values():
        for lot, _ in deed.slices:
            due[lot.funder, lot.asset] -= deed.withdrawn[lot.name]
    for arrear in facts.points.arrears.all():
        due[arrear.partner, arrear.asset] -= arrear.quantity
    for (partner, asset), issued in _posted(facts, "issued", sign=1).items():
        if issued != due[partner, asset]:
            yield f"{partner} has issued {issued} {asset}, its lots say {due[partner, asset]}"


def transits_are_under_way(facts: Facts) -> Iterator[str]:
    """Between two shards stand the points of the transfers that have not arrived."""
    due: Counter[tuple[str, str]] = Counter()
    for transit in facts.transfers.under_way():
        for lot, quantity in transit.slices:
            due[transit.account.removeprefix("transit:"), lot.asset] += quantity
    posted = _posted(facts, "transit", sign=-1)
    for way, asset in due.keys() | posted.keys():
        if due[way, asset] != posted[way, asset]:
            yield f"transit:{way} is {posted[way, asset]} {asset}, {due[way, asset]} are under way"


def arrears_are_owed(facts: Facts) -> Iterator[str]:
    """What a member owes a partner by postings is what is left of its arrears, each from zero to what it was; all are bounded."""
    owed: Counter[tuple[str, str]] = Counter()
    repaid: Counter[int] = Counter()
    for repayment in facts.points.arrears.repaid:
        repaid[id(repayment.arrear)] += repayment.points
    for arrear in facts.points.arrears.all():
        owed[f"{arrear.member}:{arrear.partner}", arrear.asset] += arrear.left
        if arrear.left != arrear.quantity - repaid[id(arrear)] or arrear.left < 0:
            yield f"arrear {arrear.shard}:{arrear.index} of {arrear.quantity} points is {arrear.left}"
    posted = _posted(facts, "arrears", sign=1)
    for name, asset in owed.keys() | posted.keys():
        if owed[name, asset] != posted[name, asset]:
            yield f"arrears:{name} is {posted[name, asset]} {asset}, its arrears say {owed[name, asset]}"
    for member, asset in product(facts.points.arrears.of, ASSETS):
        if facts.points.arrears.owed(member, asset) > OWED_MAX:
            yield f"member {member} owes {facts.points.arrears.owed(member, asset)} {asset}"


def reversals_are_bounded(facts: Facts) -> Iterator[str]:
    """No more of an act is reversed than it did, and no more of a lot than was issued in it."""
    for deed in facts.points.deeds.values():
        back = [deed.withdrawn[lot.name] + deed.owed[lot.name] <= quantity for lot, quantity in deed.slices]
        if not all(back) or not 0 <= deed.withdrawn.total() <= deed.undone <= deed.amount:
            yield f"{deed.undone} points of {deed.shard}:{deed.index} are reversed, it moved {deed.amount}"


def fund_is_unspent(facts: Facts) -> Iterator[str]:
    """A pool's fund holds the price of each point in a lot, held or in transit, less that of those owed; else there is none."""
    prices = facts.points.prices
    slices = [(lot, lot.left) for lot in facts.points.lots]
    slices += [each for hold in facts.holds.open() for each in hold.slices]
    slices += [each for transit in facts.transfers.under_way() for each in transit.slices]
    due = prices.price(parts(slices))
    due -= prices.price([(a.partner, a.left, a.tariff, a.asset) for a in facts.points.arrears.all()])
    held = -facts.accounts.debit("fund", facts.currency)
    if held != due:
        yield f"the fund holds {held} micros, what is not spent is worth {due}"


def positions_are_debts(facts: Facts) -> Iterator[str]:
    """A position, the operator's with its own accounts, is what accrued less what settlements took off. All sum to zero."""
    due: Counter[str] = Counter()
    for owed in facts.cycles.accrued.values():
        for (debtor, creditor), micros in owed.items():
            due[debtor] += micros
            due[creditor] -= micros
    for settlement in facts.settlements.all:
        for name, net in settlement.nets.items() if settlement.binds else []:
            due[name] -= net * facts.cycles.unit
    posted = facts.accounts.named("position", facts.currency)
    operator = facts.partners.operator
    posted[operator] = posted.get(operator, 0) + sum(
        facts.accounts.debit(own, facts.currency) for own in OPERATORS
    )
    for name in due.keys() | posted.keys():
        if due[name] != posted.get(name, 0):
            yield f"the position of {name} is {posted.get(name, 0)} micros, its debts say {due[name]}"
    if sum(posted.values()):
        yield f"all positions together are {sum(posted.values())} micros"


def acts_have_one_answer(facts: Facts) -> Iterator[str]:
    """Every entry is the founding, the one answer to an act, or what the network does by itself."""
    entries = sum(facts.size(shard) for shard in facts.last)
    cuts = sum(len(ends) for ends in facts.cycles.cuts.values())
    known = (
        1
        + len(facts.answers)
        + cuts
        + facts.holds.lapsed
        + facts.transfers.arrived
        + facts.heads
        + facts.statements.entries
        + facts.seen_to
        + facts.by_itself
        + len(facts.openings.loaded)
    )
    if entries != known:
        yield f"there are {entries} entries, and {known} reasons for one"


def keys_are_bounded(facts: Facts) -> Iterator[str]:
    """Nobody has too many keys, the operator never too few."""
    house, operator = facts.size(HOUSE), facts.partners.operator
    live = Counter((key.owner, key.purpose) for key in facts.keys.all.values() if key.lives(house))
    for (owner, purpose), number in live.items():
        if purpose == "request" and number > REQUEST_KEYS_MAX:
            yield f"{owner} has {number} live request keys"
    for purpose, least in OPERATOR_KEYS_LEAST.items():
        if live[operator, purpose] < least:
            yield f"the operator has {live[operator, purpose]} live {purpose} keys"
    approvers = facts.keys.live(operator, "approver", house)
    if len({key.person for key in approvers}) < len(approvers):
        yield "a person holds two live approver keys"


LAWS: dict[str, Callable[[Facts], Iterator[str]]] = {
    "points are conserved": conserved,
    "wallets are their lots": wallets_are_lots,
    "held points are open holds": holds_are_held,
    "lots are what acts left": lots_are_acts,
    "expired points are their lots": expired_are_lots,
    "issuers are their lots": issuers_are_lots,
    "points in transit are under way": transits_are_under_way,
    "arrears are what is owed": arrears_are_owed,
    "reversals are bounded": reversals_are_bounded,
    "debts are acts that stand": debts_are_acts,
    "the fund is the price of what is not spent": fund_is_unspent,
    "positions are debts less settlements": positions_are_debts,
    "legs are settling or paid": legs_are_settling,
    "securities are deposits less what they paid": securities_are_deposits,
    "every act has one answer": acts_have_one_answer,
    "keys are bounded": keys_are_bounded,
}


def broken_laws(facts: Facts) -> list[str]:
    """One sentence, led by the law's name, for each thing that does not hold."""
    return [f"{name}: {sentence}" for name, law in LAWS.items() for sentence in law(facts)]
