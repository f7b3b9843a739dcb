"""What must hold over the whole model at every moment: docs/ledger.md, "Invariants"; docs/clearing.md, "Legs".

Each law compares two ways to the same number that no rule writes together: postings, lots, acts, obligations, settlements.
"""

from collections import Counter
from collections.abc import Callable, Iterator

from coalition.simulation.model.cycles import OPERATORS
from coalition.simulation.model.debts import debts_are_acts
from coalition.simulation.model.facts import Facts
from coalition.simulation.model.reversing import standing
from coalition.simulation.model.terms import (
    HOUSE,
    OPERATOR_KEYS_LEAST,
    OWED_MAX,
    REQUEST_KEYS_MAX,
    WALLET_MAX,
)


def conserved(facts: Facts) -> Iterator[str]:
    """Points issued, and those that members owe, are in wallets, held, pending, in transit, redeemed or expired."""
    issued = sum(facts.accounts.named("issued", "PTS").values())
    owed = sum(facts.accounts.named("arrears", "PTS").values())
    places = ("wallet", "held", "pending", "transit", "redeemed", "expired")
    found = {kind: -sum(facts.accounts.named(kind, "PTS").values()) for kind in places}
    if issued + owed != sum(found.values()):
        yield f"{issued} points are issued, {owed} owed, of which are {found}"


def wallets_are_lots(facts: Facts) -> Iterator[str]:
    """A wallet's postings are what its member's open lots hold, from zero to the limit; what arrived may be beyond it."""
    for kind, points_of in (("wallet", facts.points.balance), ("pending", facts.points.pending)):
        posted = facts.accounts.named(kind, "PTS")
        for member in facts.points.open_lots.keys() | posted.keys():
            held, said = points_of(member), -posted.get(member, 0)
            if held != said or not 0 <= held <= WALLET_MAX + facts.transfers.from_elsewhere[member]:
                yield f"the lots of member {member} hold {held} points, {kind}:{member} {said}"


def holds_are_held(facts: Facts) -> Iterator[str]:
    """A member's held points are those of its open holds; with its wallet they stay within the limit."""
    posted = facts.accounts.named("held", "PTS")
    due: Counter[str] = Counter()
    for hold in facts.holds.open():
        due[hold.member] += sum([quantity for _, quantity in hold.slices])
    for member in due.keys() | posted.keys():
        said = -posted.get(member, 0)
        if not due[member] == said == facts.points.held[member] >= 0:
            yield f"the open holds of member {member} are of {due[member]} points, held are {said}"
        if facts.points.most(member) > WALLET_MAX + facts.transfers.from_elsewhere[member]:
            yield f"member {member} may come to have {facts.points.most(member)} points"


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
    gone: Counter[str] = Counter()
    for lot, quantity in facts.points.expired:
        gone[lot.funder] += quantity
    for partner, posted in facts.accounts.named("expired", "PTS").items():
        if gone[partner] != -posted:
            yield f"{-posted} points of {partner} are posted as expired, its lots say {gone[partner]}"


def issuers_are_lots(facts: Facts) -> Iterator[str]:
    """What a partner funded is its lots, but for those that points came back or moved in, less what it took back or is owed."""
    came_back = {id(new) for _, new in facts.points.renewed} | {id(lot) for lot in facts.transfers.came}
    due: Counter[str] = Counter()
    for lot in facts.points.lots:
        due[lot.funder] += 0 if id(lot) in came_back else lot.quantity
    for deed in facts.points.deeds.values():
        for lot, _ in deed.slices:
            due[lot.funder] -= deed.withdrawn[lot.name]
    for arrear in facts.points.arrears.all():
        due[arrear.partner] -= arrear.quantity
    for partner, issued in facts.accounts.named("issued", "PTS").items():
        if issued != due[partner]:
            yield f"{partner} has issued {issued} points, its lots say {due[partner]}"


def transits_are_under_way(facts: Facts) -> Iterator[str]:
    """Between two shards stand the points of the transfers that have not arrived."""
    due: Counter[str] = Counter()
    for transit in facts.transfers.under_way():
        due[transit.account.removeprefix("transit:")] += sum(quantity for _, quantity in transit.slices)
    posted = facts.accounts.named("transit", "PTS")
    for way in due.keys() | posted.keys():
        if due[way] != -posted.get(way, 0):
            yield f"transit:{way} is {-posted.get(way, 0)} points, {due[way]} are under way"


def arrears_are_owed(facts: Facts) -> Iterator[str]:
    """What a member owes a partner by postings is what is left of its arrears, each from zero to what it was; all are bounded."""
    owed: Counter[str] = Counter()
    repaid: Counter[int] = Counter()
    for repayment in facts.points.arrears.repaid:
        repaid[id(repayment.arrear)] += repayment.points
    for arrear in facts.points.arrears.all():
        owed[f"{arrear.member}:{arrear.partner}"] += arrear.left
        if arrear.left != arrear.quantity - repaid[id(arrear)] or arrear.left < 0:
            yield f"arrear {arrear.shard}:{arrear.index} of {arrear.quantity} points is {arrear.left}"
    posted = facts.accounts.named("arrears", "PTS")
    for name in owed.keys() | posted.keys():
        if owed[name] != posted.get(name, 0):
            yield f"arrears:{name} is {posted.get(name, 0)} points, its arrears say {owed[name]}"
    for member in facts.points.arrears.of:
        if facts.points.arrears.owed(member) > OWED_MAX:
            yield f"member {member} owes {facts.points.arrears.owed(member)} points"


def reversals_are_bounded(facts: Facts) -> Iterator[str]:
    """No more of an act is reversed than it did, and no more of a lot than was issued in it."""
    for deed in facts.points.deeds.values():
        back = [deed.withdrawn[lot.name] + deed.owed[lot.name] <= quantity for lot, quantity in deed.slices]
        if not all(back) or not 0 <= deed.withdrawn.total() <= deed.undone <= deed.amount:
            yield f"{deed.undone} points of {deed.shard}:{deed.index} are reversed, it moved {deed.amount}"


def fund_is_unspent(facts: Facts) -> Iterator[str]:
    """A pool's fund holds the price of each point in a lot, held or in transit, less that of those owed; else there is none."""
    slices = [(lot, lot.left) for lot in facts.points.lots]
    slices += [each for hold in facts.holds.open() for each in hold.slices]
    slices += [each for transit in facts.transfers.under_way() for each in transit.slices]
    due = sum(points * lot.tariff.terms.price_micros for lot, points in slices)
    due -= sum(arrear.left * arrear.tariff.terms.price_micros for arrear in facts.points.arrears.all())
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
        for name, net in settlement.nets.items() if settlement.approved_at is not None else []:
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


def legs_are_settling(facts: Facts) -> Iterator[str]:
    """A leg stands on its settling account until it is paid, then in the bank; a settlement paid in full leaves nothing."""
    bank = 0
    settling = facts.accounts.named("settling", facts.currency)
    for settlement in facts.settlements.all:
        if sum(settlement.nets.values()):
            yield f"the nets of settlement {settlement.number} sum to {sum(settlement.nets.values())}"
        bank += sum(settlement.nets[name] for name in settlement.paid) * facts.cycles.unit
        unpaid = settlement.unpaid()
        for name in settlement.nets:
            stands = settling.pop(f"{settlement.number}:{name}", 0)
            due = unpaid.get(name, 0) * facts.cycles.unit
            if stands != due:
                yield f"settling:{settlement.number}:{name} is {stands} micros, its leg says {due}"
    if settling:
        yield f"no settlement has the accounts {sorted(settling)}"
    if facts.accounts.debit("bank", facts.currency) != bank:
        yield f"the bank is {facts.accounts.debit('bank', facts.currency)} micros, paid legs say {bank}"


def acts_have_one_answer(facts: Facts) -> Iterator[str]:
    """Every entry is the founding, the one answer to an act, a cut, the start of a tariff, heads, a part of an opening,
    the arrival of a transfer, or saw to a hold or points whose time had come.
    """
    entries = sum(facts.size(shard) for shard in facts.last)
    cuts = sum(len(ends) for ends in facts.cycles.cuts.values())
    known = (
        1
        + len(facts.answers)
        + cuts
        + facts.holds.lapsed
        + facts.transfers.arrived
        + facts.heads
        + facts.seen_to
        + facts.tariffs.started
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
    "every act has one answer": acts_have_one_answer,
    "keys are bounded": keys_are_bounded,
}


def broken_laws(facts: Facts) -> list[str]:
    """One sentence, led by the law's name, for each thing that does not hold."""
    return [f"{name}: {sentence}" for name, law in LAWS.items() for sentence in law(facts)]
