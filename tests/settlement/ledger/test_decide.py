"""Laws of the ledger's pure rules, held against an independent judge over drawn histories."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import CoalitionError
from settlement.house.records import ACTIVE, REGISTERED, SUSPENDED
from settlement.house.state import House
from settlement.journal.acts import Draft
from settlement.ledger.acts import Enrol, Issue, LinkAlias, MemberName, Redeem, Reverse
from settlement.ledger.book import Book, Lot, Wallet
from settlement.ledger.decide import SLICES_MAX, decide
from settlement.money import WALLET_MAX
from tests.settlement.ledger.judge import Judge
from tests.support.pure_acts import T0_US, act, as_entry, fresh_id, house_of

PARTNERS = ("acme", "bakery", "cinema")
MEMBERS = tuple(f"00000000-0000-4000-8000-00000000000{n}" for n in range(4))
STRANGER = MEMBERS[3]
SHARD = 1

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("issue"), st.sampled_from(PARTNERS), st.sampled_from(MEMBERS), st.integers(1, 50)),
        st.tuples(st.just("redeem"), st.sampled_from(PARTNERS), st.sampled_from(MEMBERS), st.integers(1, 80)),
        st.tuples(
            st.just("reverse"), st.sampled_from(PARTNERS), st.sampled_from(MEMBERS), st.integers(0, 30)
        ),
        st.tuples(st.just("undo"), st.sampled_from(PARTNERS), st.sampled_from(MEMBERS), st.integers(0, 30)),
        st.tuples(st.just("state"), st.sampled_from(PARTNERS), st.sampled_from(MEMBERS), st.integers(0, 11)),
        st.tuples(
            st.just("tariff"), st.sampled_from(PARTNERS), st.sampled_from(MEMBERS), st.integers(1, 9_000_000)
        ),
    ),
    max_size=60,
)


def pictured(book: Book) -> object:
    """All of a book that a rule may change, as plain values."""
    wallets = {
        m: (w.balance, [(lot.index, lot.remaining) for lot in w.lots]) for m, w in book.wallets.items()
    }
    return (
        wallets,
        {index: lot.remaining for index, lot in book.lots.items()},
        {name: original.reversed for name, original in book.originals.items()},
        dict(book.aliases),
        (len(book.new_lots), len(book.new_members), len(book.new_aliases), len(book.reversals)),
        {index: lot.remaining for index, lot in book.changed_lots.items()},
    )


@dataclass
class History:
    """Decides steps and holds each answer against the judge."""

    house: House = field(default_factory=lambda: house_of(*PARTNERS))
    book: Book = field(default_factory=lambda: Book(SHARD, wallets={m: Wallet(0) for m in MEMBERS[:3]}))
    judge: Judge = field(default_factory=lambda: Judge(set(MEMBERS[:3]), dict.fromkeys(PARTNERS, ACTIVE)))
    acts: list[tuple[str, str]] = field(default_factory=list)
    index: int = 0
    balances: dict[str, int] = field(default_factory=dict)
    owed: dict[tuple[str, str], int] = field(default_factory=dict)

    def step(self, kind: str, partner: str, member: str, number: int) -> None:
        """One act, or a change of the house."""
        if kind == "state":
            self._set_state(partner, (ACTIVE, ACTIVE, ACTIVE, REGISTERED, SUSPENDED)[number % 5])
        elif kind == "tariff":
            self.house.rate_micros = number
        else:
            self._act(kind, partner, member, number)

    def _set_state(self, partner: str, state: str) -> None:
        self.house.partners[partner] = replace(self.house.partners[partner], state=state)
        self.judge.states[partner] = state

    def _act(self, kind: str, partner: str, member: str, number: int) -> None:
        name, act_id = MemberName(member), fresh_id()
        expected: str | None
        if kind == "issue":
            body: object = Issue(name, number, T0_US)
            expected = self.judge.issue(self.index, (partner, act_id), member, number)
        elif kind == "redeem":
            body = Redeem(name, number, T0_US)
            expected = self.judge.redeem(
                self.index, (partner, act_id), member, number, self.house.rate_micros
            )
        else:
            original = self.acts[number % len(self.acts)] if self.acts else (partner, fresh_id())
            partner = original[0] if kind == "undo" else partner
            body = Reverse(original[1], T0_US)
            expected = self.judge.reverse(partner, (partner, original[1]))
        before = pictured(self.book)
        draft = decide(self.book, self.house, act(partner, body, act_id=act_id), self.index)
        assert draft.refusal == expected
        if expected is not None:
            assert pictured(self.book) == before, "a refusal changes nothing"
            assert draft.transfers == ()
        self.acts.append((partner, act_id))
        self._post(draft)
        self.index += 1

    def _post(self, draft: Draft) -> None:
        as_entry(draft, shard=SHARD, index=self.index, house=self.house.size)
        for post in draft.transfers:
            assert post.amount > 0
            self.balances[post.debit] = self.balances.get(post.debit, 0) - post.amount
            self.balances[post.credit] = self.balances.get(post.credit, 0) + post.amount
            if post.asset != "PTS":
                pair = (post.debit.removeprefix("position:"), post.credit.removeprefix("position:"))
                self.owed[pair] = self.owed.get(pair, 0) + post.amount
        if draft.member is not None:
            assert draft.balance_after == self.book.wallets[draft.member].balance

    def check(self) -> None:
        """Every law that must hold between two acts."""
        for member, wallet in self.book.wallets.items():
            assert wallet.balance == self.judge.balance(member) == self.balances.get(f"wallet:{member}", 0)
            assert wallet.balance == sum(lot.remaining for lot in wallet.lots)
            assert wallet.lots == sorted(wallet.lots)
            assert all(0 < lot.remaining <= lot.quantity for lot in wallet.lots)
        left = {lot.index: self.judge.remaining(lot) for lot in self.judge.issues}
        assert {index: lot.remaining for index, lot in self.book.lots.items()} == left
        self._check_conserved()

    def _check_conserved(self) -> None:
        total = dict.fromkeys(("issued", "wallet", "redeemed", "position"), 0)
        for account, balance in self.balances.items():
            total[account.split(":")[0]] += balance
        assert -total["issued"] == total["wallet"] + total["redeemed"]
        assert total["position"] == 0
        judged = self.judge.owed_micros()
        for one, other in {(min(pair), max(pair)) for pair in self.owed.keys() | judged.keys()}:
            net = self.owed.get((one, other), 0) - self.owed.get((other, one), 0)
            assert net == judged.get((one, other), 0) - judged.get((other, one), 0)


@given(STEPS)
def test_every_history_is_judged_alike_by_two_models_and_conserves_points_and_money(
    steps: list[tuple[str, str, str, int]],
) -> None:
    history = History()
    for step in steps:
        history.step(*step)
        history.check()


@given(STEPS, st.sampled_from(PARTNERS), st.integers(1, 80))
def test_a_redemption_reversed_at_once_leaves_the_book_exactly_as_it_was(
    steps: list[tuple[str, str, str, int]], partner: str, amount: int
) -> None:
    history = History()
    for step in steps:
        history.step(*step)
    history._set_state(partner, ACTIVE)
    history.step("issue", partner, MEMBERS[0], amount)
    lots = {index: lot.remaining for index, lot in history.book.lots.items()}
    wallets, owed = dict(history.balances), history.judge.owed_micros()
    history.step("redeem", partner, MEMBERS[0], amount)
    history.step("tariff", partner, MEMBERS[0], 77)
    history.step("undo", partner, MEMBERS[0], len(history.acts) - 1)
    assert {index: lot.remaining for index, lot in history.book.lots.items()} == lots
    assert {k: v for k, v in history.balances.items() if v} == {k: v for k, v in wallets.items() if v}
    assert history.judge.owed_micros() == owed
    refused = decide(
        history.book, history.house, act(partner, Reverse(history.acts[-2][1], T0_US)), history.index
    )
    assert refused.refusal == "ALREADY_REVERSED"


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 9)), min_size=1, max_size=12), st.data())
def test_lots_are_spent_soonest_expiry_first_then_oldest(
    lots: list[tuple[int, int]], data: st.DataObject
) -> None:
    book, member = Book(SHARD, wallets={MEMBERS[0]: Wallet(0)}), MEMBERS[0]
    for index, (expiry, quantity) in enumerate(lots):
        book.add_lot(Lot(index, member, "acme", quantity, quantity, expiry))
    amount = data.draw(st.integers(1, sum(quantity for _, quantity in lots)))
    draft = decide(
        book, house_of(*PARTNERS), act("acme", Redeem(MemberName(member), amount, T0_US)), len(lots)
    )
    in_order = sorted(range(len(lots)), key=lambda index: (lots[index][0], index))
    points = [index for index in in_order for _ in range(lots[index][1])][:amount]
    expected = {index: points.count(index) for index in points}
    taken = [value.split(" ") for key, value in draft.lines if key == "lot"]
    assert {int(lot.split(":")[1]): int(quantity) for lot, quantity in taken} == expected
    assert [int(lot.split(":")[1]) for lot, _ in taken] == list(dict.fromkeys(points))


def test_a_redemption_over_many_lots_is_refused_only_past_the_limit_and_its_leaf_always_fits() -> None:
    funders = [f"partner-with-a-name-of-forty-letters-{n:03}" for n in range(SLICES_MAX + 1)]
    house = house_of(*funders, "acme", rate_micros=9_000_000)
    book = Book(SHARD, wallets={MEMBERS[0]: Wallet(0)})
    first = 10**18
    for place, funder in enumerate(funders):
        book.add_lot(Lot(first + place, MEMBERS[0], funder, 10**12, 10**12))
    body = Redeem(MemberName(MEMBERS[0]), SLICES_MAX * 10**12, T0_US)
    too_many = act(funders[-1], replace(body, amount=body.amount + 1))
    assert decide(book, house, too_many, first * 2).refusal == "TOO_MANY_LOTS"
    draft = decide(book, house, act(funders[-1], body), first * 2)
    assert draft.refusal is None
    as_entry(draft, shard=64, index=2 * first, house=first)


def test_a_wallet_never_holds_more_than_its_limit() -> None:
    book = Book(SHARD, wallets={MEMBERS[0]: Wallet(WALLET_MAX - 10)})
    house = house_of("acme")
    assert (
        decide(book, house, act("acme", Issue(MemberName(MEMBERS[0]), 11, T0_US)), 0).refusal
        == "LIMIT_EXCEEDED"
    )
    assert decide(book, house, act("acme", Issue(MemberName(MEMBERS[0]), 10, T0_US)), 0).refusal is None
    assert book.wallets[MEMBERS[0]].balance == WALLET_MAX


def test_a_wallet_whose_lots_do_not_make_its_balance_is_never_spent_from() -> None:
    book = Book(SHARD, wallets={MEMBERS[0]: Wallet(100)})
    with pytest.raises(CoalitionError) as caught:
        decide(book, house_of("acme"), act("acme", Redeem(MemberName(MEMBERS[0]), 100, T0_US)), 0)
    assert caught.value.reason == "BOOKS_INCONSISTENT"


TOKENS = tuple(bytes([n]) * 32 for n in range(3))
ALIAS_STEPS = st.lists(
    st.tuples(st.integers(-3, 5), st.lists(st.sampled_from(TOKENS), max_size=2, unique=True)), max_size=12
)
"""Below zero: a new member with these aliases. Else: one more alias for the member with this number, if there is one."""


@given(ALIAS_STEPS)
def test_an_alias_names_one_member_for_ever(steps: list[tuple[int, list[bytes]]]) -> None:
    book, house = Book(SHARD), house_of("acme")
    members: list[str] = []
    owners: dict[bytes, str] = {}
    for index, (place, drawn) in enumerate(steps):
        tokens = tuple(drawn) if place < 0 else tuple(drawn[:1]) or TOKENS[:1]
        known = place < len(members)
        member = fresh_id() if place < 0 else members[place] if known else STRANGER
        body: object = Enrol(member, tokens) if place < 0 else LinkAlias(member, tokens[0])
        draft = decide(book, house, act("acme", body), index)
        as_entry(draft, shard=SHARD, index=index, house=1)
        taken = any(token in owners for token in tokens)
        assert draft.refusal == ("MEMBER_UNKNOWN" if not known else "ALIAS_TAKEN" if taken else None)
        if draft.refusal is None:
            owners |= dict.fromkeys(tokens, member)
            members += [member] if place < 0 else []
        assert book.aliases == owners
        assert set(book.wallets) == set(members)
