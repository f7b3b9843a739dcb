"""What must hold over the whole model at every moment: docs/ledger.md, "Invariants"; docs/clearing.md, "Legs".

Each law compares two ways to the same number that no rule writes together: postings, lots, acts, obligations, settlements.
"""

from collections import Counter
from collections.abc import Callable, Iterator

from coalition.simulation.model.facts import Facts
from coalition.simulation.model.terms import HOUSE, OPERATOR_KEYS_LEAST, REQUEST_KEYS_MAX, WALLET_MAX


def conserved(facts: Facts) -> Iterator[str]:
    """Points issued are in wallets, held or redeemed."""
    issued = sum(facts.accounts.named("issued", "PTS").values())
    wallets = -sum(facts.accounts.named("wallet", "PTS").values())
    held = -sum(facts.accounts.named("held", "PTS").values())
    redeemed = -sum(facts.accounts.named("redeemed", "PTS").values())
    if issued != wallets + held + redeemed:
        yield f"{issued} points are issued, {wallets} are in wallets, {held} held and {redeemed} redeemed"


def wallets_are_lots(facts: Facts) -> Iterator[str]:
    """A wallet's postings are what its member's open lots hold, from zero to the limit."""
    posted = facts.accounts.named("wallet", "PTS")
    for member in facts.points.open_lots.keys() | posted.keys():
        held, said = facts.points.balance(member), -posted.get(member, 0)
        if held != said or not 0 <= held <= WALLET_MAX:
            yield f"the lots of member {member} hold {held} points, its wallet {said}"


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
        if facts.points.most(member) > WALLET_MAX:
            yield f"member {member} may come to have {facts.points.most(member)} points"


def lots_are_acts(facts: Facts) -> Iterator[str]:
    """A lot holds its points less those held and those of redemptions that stand, or none if its issue is reversed."""
    taken: Counter[tuple[int, int]] = Counter()
    for deed in facts.points.deeds.values():
        if deed.reversed == (deed.kind == "issue"):
            for lot, quantity in deed.slices:
                taken[lot.shard, lot.index] += quantity
    for hold in facts.holds.open():
        for lot, quantity in hold.slices:
            taken[lot.shard, lot.index] += quantity
    for lot in facts.points.lots:
        gone = taken[lot.shard, lot.index]
        if lot.left != lot.quantity - gone or lot.left < 0:
            yield f"lot {lot.shard}:{lot.index} of {lot.quantity} points holds {lot.left}, acts took {gone}"


def issuers_are_lots(facts: Facts) -> Iterator[str]:
    """What a partner issued is left in its lots or spent from them."""
    undone = {(deed.shard, deed.index) for deed in facts.points.deeds.values() if deed.reversed}
    standing: Counter[str] = Counter()
    for lot in facts.points.lots:
        standing[lot.funder] += 0 if (lot.shard, lot.index) in undone else lot.quantity
    for partner, issued in facts.accounts.named("issued", "PTS").items():
        if issued != standing[partner]:
            yield f"{partner} has issued {issued} points, its lots say {standing[partner]}"


def debts_are_redemptions(facts: Facts) -> Iterator[str]:
    """Between two partners accrued what redemptions that stand made them owe each other."""
    accrued: Counter[tuple[str, str]] = Counter()
    for owed in facts.cycles.accrued.values():
        for (debtor, creditor), micros in owed.items():
            _owe(accrued, debtor, creditor, micros)
    standing: Counter[tuple[str, str]] = Counter()
    for deed in facts.points.deeds.values():
        for post in deed.posts if deed.kind != "issue" and not deed.reversed else []:
            if post.asset == facts.currency:
                _owe(standing, post.debit[len("position:") :], deed.partner, post.amount)
    for pair in accrued.keys() | standing.keys():
        if accrued[pair] != standing[pair]:
            yield f"{pair[0]} accrued {accrued[pair]} micros to {pair[1]}, redemptions say {standing[pair]}"


def positions_are_debts(facts: Facts) -> Iterator[str]:
    """A position is what accrued less what settlements took off; all positions sum to zero."""
    due: Counter[str] = Counter()
    for owed in facts.cycles.accrued.values():
        for (debtor, creditor), micros in owed.items():
            due[debtor] += micros
            due[creditor] -= micros
    for settlement in facts.settlements.all:
        for name, net in settlement.nets.items() if settlement.approved_at is not None else []:
            due[name] -= net * facts.cycles.unit
    posted = facts.accounts.named("position", facts.currency)
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
    """Every entry is the founding, the one answer to an act, a cut, the end of a hold, or heads."""
    entries = sum(facts.size(shard) for shard in facts.last)
    cuts = sum(len(ends) for ends in facts.cycles.cuts.values())
    known = 1 + len(facts.answers) + cuts + facts.holds.lapsed + facts.heads
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
    "issuers are their lots": issuers_are_lots,
    "debts are redemptions that stand": debts_are_redemptions,
    "positions are debts less settlements": positions_are_debts,
    "legs are settling or paid": legs_are_settling,
    "every act has one answer": acts_have_one_answer,
    "keys are bounded": keys_are_bounded,
}


def broken_laws(facts: Facts) -> list[str]:
    """One sentence, led by the law's name, for each thing that does not hold."""
    return [f"{name}: {sentence}" for name, law in LAWS.items() for sentence in law(facts)]


def _owe(between: Counter[tuple[str, str]], debtor: str, creditor: str, micros: int) -> None:
    """Adds a debt to what the first of the two by name owes the other."""
    if debtor < creditor:
        between[debtor, creditor] += micros
    else:
        between[creditor, debtor] -= micros
