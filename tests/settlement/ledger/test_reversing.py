"""Laws of reversals: parts make the whole, undone is undone, and no leaf of one is ever too long."""

from collections import Counter
from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from settlement.house.records import Funding
from settlement.house.state import House
from settlement.house.tariff import Spent, Tariff
from settlement.journal.acts import Draft
from settlement.ledger.acts import Issue, MemberName, Redeem, Reverse
from settlement.ledger.book import NEVER_US, Arrear, Book, Lot, Wallet
from settlement.ledger.decide import decide
from settlement.ledger.rules.arrears import REPAYMENTS_MAX
from settlement.ledger.rules.points import SLICES_MAX
from settlement.money import POINTS
from tests.support.pure_acts import T0_US, act, as_entry, house_of

PARTNERS = ("acme", "bakery", "cinema")
MEMBER = "00000000-0000-4000-8000-000000000000"
NAME = MemberName(MEMBER)
SHARD = 1
LOTS = st.lists(st.tuples(st.sampled_from(PARTNERS), st.integers(1, 9)), min_size=1, max_size=9)
PARTS = st.lists(st.integers(1, 9), max_size=12)


class Till:
    """A book with one member, and the entries in the order in which they are decided."""

    def __init__(self, house: House) -> None:
        self.book, self.house = Book(SHARD, wallets={MEMBER: Wallet(0)}), house
        self.entries = 0
        self.sums: Counter[tuple[str, str]] = Counter()

    def ask(self, partner: str, body: object) -> tuple[str, Draft]:
        """The act's id and what was decided."""
        asked = act(partner, body)
        draft = decide(self.book, self.house, asked, self.entries, T0_US)
        self.entries += 1
        for post in draft.transfers:
            self.sums[post.debit, post.asset] += post.amount
            self.sums[post.credit, post.asset] -= post.amount
        return asked.act_id, draft

    def accepts(self, partner: str, body: object) -> str:
        """The act's id; it must not be refused."""
        act_id, draft = self.ask(partner, body)
        assert draft.refusal is None
        return act_id

    def stands(self) -> tuple[object, ...]:
        """Balance, lots, what is owed to whom, and the accounts that are not at zero."""
        wallet = self.book.wallets[MEMBER]
        owed: Counter[str] = Counter()
        for arrear in wallet.arrears:
            owed[arrear.partner] += arrear.remaining
        lots = {name: lot.remaining for name, lot in self.book.lots.items()}
        accounts = {name: amount for name, amount in self.sums.items() if amount}
        return wallet.balance, [(lot.name, lot.remaining) for lot in wallet.lots], lots, owed, accounts


def gathered(lots: list[tuple[str, int]], house: House) -> Till:
    """A member with these lots."""
    till = Till(house)
    for partner, points in lots:
        till.accepts(partner, Issue(NAME, points, T0_US))
    return till


@given(LOTS, st.data())
def test_a_redemption_reversed_in_any_parts_leaves_all_exactly_as_it_was(
    lots: list[tuple[str, int]], data: st.DataObject
) -> None:
    till = gathered(lots, house_of(*PARTNERS))
    before = till.stands()
    amount = data.draw(st.integers(1, sum(points for _, points in lots)))
    spent = till.accepts("acme", Redeem(NAME, amount, T0_US))
    till.house.tariffs[1], till.house.tariff_number = Tariff(77), 1
    left = amount
    for part in data.draw(PARTS):
        if part < left:
            till.accepts("acme", Reverse(spent, T0_US, part))
            left -= part
    till.accepts("acme", Reverse(spent, T0_US))
    assert till.stands() == before, "at the rate of the redemption"
    assert till.ask("acme", Reverse(spent, T0_US))[1].refusal == "ALREADY_REVERSED"


@given(LOTS, st.sampled_from([Spent.ARREARS, Spent.BEAR]), st.booleans(), st.booleans(), PARTS, st.data())
def test_any_parts_make_the_reversal_of_their_sum(
    lots: list[tuple[str, int]],
    policy: Spent,
    issued: bool,
    co_funded: bool,
    parts: list[int],
    data: st.DataObject,
) -> None:
    """Of an issue, co-funded or not, or of a redemption, whether points of it are spent or repaid or not."""
    till = gathered([*lots, ("bakery", 3)], house_of(*PARTNERS))
    till.house.tariffs[0] = Tariff(10_000, spent=policy)
    others = [Funding("acme", "spring", name, 3_000, T0_US + 1, 0) for name in ("bakery", "cinema")]
    till.house.fundings["acme", "spring"] = tuple(others)
    given = till.accepts("acme", Issue(NAME, 9, T0_US, None, "spring" if co_funded else None))
    total = sum(points for _, points in lots) + 12
    spent = till.accepts("acme", Redeem(NAME, data.draw(st.integers(1, total)), T0_US))
    if not issued:
        till.accepts("acme", Reverse(given, T0_US))
    original = given if issued else spent
    left = till.book.originals["acme", original].left
    fitting = [part for place, part in enumerate(parts) if sum(parts[: place + 1]) <= left]
    whole = deepcopy(till)
    for part in fitting:
        till.accepts("acme", Reverse(original, T0_US, part))
    if fitting:
        whole.accepts("acme", Reverse(original, T0_US, sum(fitting)))
    assert till.stands() == whole.stands()
    beyond = act("acme", Reverse(original, T0_US, left - sum(fitting) + 1))
    refusal = "ALREADY_REVERSED" if sum(fitting) == left else "REVERSAL_EXCEEDED"
    assert decide(till.book, till.house, beyond, till.entries, T0_US).refusal == refusal


@given(st.lists(st.tuples(st.sampled_from(PARTNERS), st.integers(1, 9), st.integers(0, 9)), max_size=12))
def test_whoever_has_points_refunded_that_are_spent_never_gains_by_it(
    rounds: list[tuple[str, int, int]],
) -> None:
    """Buy, spend, refund: what can be spent, less what is owed, is what was issued and not refunded, less what was spent."""
    till, net = Till(house_of(*PARTNERS)), 0
    for partner, points, spends in rounds:
        given = till.accepts(partner, Issue(NAME, points, T0_US))
        spends = min(spends, till.book.wallets[MEMBER].balance)
        if spends:
            till.accepts("cinema", Redeem(NAME, spends, T0_US))
        till.accepts(partner, Reverse(given, T0_US))
        net -= spends
        wallet = till.book.wallets[MEMBER]
        assert wallet.balance - sum([arrear.remaining for arrear in wallet.arrears]) == net


def test_the_longest_reversal_there_is_fits_its_leaf() -> None:
    """Of 300 lots that have expired, each of another funder, into as many repayments as one entry makes."""
    funders = [f"partner-with-a-name-of-forty-letters-{n:03}" for n in range(SLICES_MAX + 1)]
    till, first = Till(house_of(*funders, rate_micros=9_000_000)), 10**18
    for place, funder in enumerate(funders[:SLICES_MAX]):
        points = 10**12
        till.book.add_lot(Lot(first + place, 0, MEMBER, funder, POINTS, points, points, NEVER_US, 0))
    redeemer, till.entries = funders[-1], 2 * first
    spent = till.accepts(redeemer, Redeem(NAME, SLICES_MAX * 10**12, T0_US))
    for lot in till.book.lots.values():
        lot.expires_at_us = T0_US
    for place, funder in enumerate(funders):
        till.book.add_arrear(Arrear(first + place, 0, MEMBER, funder, POINTS, 10**12, 10**12, first))
    _, draft = till.ask(redeemer, Reverse(spent, T0_US))
    assert [key for key, _ in draft.lines].count("arrear") == REPAYMENTS_MAX
    as_entry(draft, shard=64, index=2 * first + 1, house=first)
