"""Laws of the ledger's pure rules, held against an independent judge over drawn histories."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import CoalitionError
from settlement.house.records import ACTIVE, REGISTERED, SUSPENDED
from settlement.ledger.acts import Enrol, Issue, LinkAlias, MemberName, Redeem, Reverse
from settlement.ledger.book import Book, Lot, Wallet
from settlement.ledger.decide import SLICES_MAX, decide
from settlement.money import WALLET_MAX
from tests.settlement.ledger.history import MEMBERS, PARTNERS, SHARD, STEPS, STRANGER, History, Step, pictured
from tests.support.pure_acts import T0_US, act, as_entry, fresh_id, house_of


@given(STEPS)
def test_every_history_is_judged_alike_by_two_models_and_conserves_points_and_money(
    steps: list[Step],
) -> None:
    history = History()
    for step in steps:
        history.step(*step)
        history.check()


@given(STEPS, st.sampled_from(PARTNERS), st.integers(1, 80))
def test_a_redemption_reversed_at_once_leaves_the_book_exactly_as_it_was(
    steps: list[Step], partner: str, amount: int
) -> None:
    history = History()
    for step in steps:
        history.step(*step)
    history.set_state(partner, ACTIVE)
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


def test_a_redemption_is_not_reversed_into_a_wallet_that_would_pass_its_limit() -> None:
    book = Book(SHARD, wallets={MEMBERS[0]: Wallet(0)})
    book.add_lot(Lot(0, MEMBERS[0], "acme", 20, 20))
    house, wallet = house_of("acme"), book.wallets[MEMBERS[0]]
    spent = act("acme", Redeem(MemberName(MEMBERS[0]), 5, T0_US))
    assert decide(book, house, spent, 1).refusal is None
    undo = act("acme", Reverse(spent.act_id, T0_US))
    wallet.balance = WALLET_MAX - 4
    before = pictured(book)
    draft = decide(book, house, undo, 2)
    assert (draft.refusal, draft.member, draft.balance_after) == (
        "LIMIT_EXCEEDED",
        MEMBERS[0],
        wallet.balance,
    )
    assert pictured(book) == before
    wallet.balance = WALLET_MAX - 5
    assert decide(book, house, undo, 2).balance_after == WALLET_MAX


@pytest.mark.parametrize(
    ("state", "refusal"), [(REGISTERED, "PARTNER_NOT_ACTIVE"), (SUSPENDED, "PARTNER_SUSPENDED")]
)
def test_a_partner_that_is_not_active_changes_nothing_whatever_it_asks(state: str, refusal: str) -> None:
    history = History()
    history.step("issue", "acme", MEMBERS[0], 50)
    history.step("redeem", "acme", MEMBERS[0], 20)
    history.set_state("acme", state)
    name = MemberName(MEMBERS[0])
    bodies = (
        Issue(name, 1, T0_US),
        Redeem(name, 1, T0_US),
        Reverse(history.acts[1][1], T0_US),
        Enrol(fresh_id(), (b"a" * 32,)),
        LinkAlias(MEMBERS[0], b"b" * 32),
    )
    before = pictured(history.book)
    for body in bodies:
        assert decide(history.book, history.house, act("acme", body), 2).refusal == refusal
        assert pictured(history.book) == before


def test_only_acts_on_members_are_decided_here() -> None:
    with pytest.raises(TypeError, match=r"^not an act on a member: 'anything else'$"):
        decide(Book(SHARD), house_of("acme"), act("acme", "anything else"), 0)


def test_a_wallet_whose_lots_do_not_make_its_balance_is_never_spent_from() -> None:
    book = Book(SHARD, wallets={MEMBERS[0]: Wallet(100)})
    with pytest.raises(CoalitionError) as caught:
        decide(book, house_of("acme"), act("acme", Redeem(MemberName(MEMBERS[0]), 100, T0_US)), 0)
    assert caught.value.reason == "BOOKS_INCONSISTENT"
    assert caught.value.message == f"the lots of member {MEMBERS[0]} lack 100 points of its balance"


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
        entry = as_entry(draft, shard=SHARD, index=index, house=1)
        taken = any(token in owners for token in tokens)
        assert draft.refusal == ("MEMBER_UNKNOWN" if not known else "ALIAS_TAKEN" if taken else None)
        if draft.refusal is None:
            owners |= dict.fromkeys(tokens, member)
            members += [member] if place < 0 else []
        assert entry.get("member") == draft.member == (member if member in members else None)
        assert book.aliases == owners
        assert set(book.wallets) == set(members)
        for token in TOKENS:
            assert by_alias(book, token) == owners.get(token)


def by_alias(book: Book, token: bytes) -> str | None:
    """Whom an alias names to the rules; asking for too many points changes nothing."""
    asked = Redeem(MemberName(alias=token), WALLET_MAX, T0_US)
    return decide(book, house_of("acme"), act("acme", asked), 0).member
