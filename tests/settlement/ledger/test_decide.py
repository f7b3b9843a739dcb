"""Laws of the ledger's pure rules. Whole histories are held against the second model in `tests/coalition/simulation`."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import CoalitionError
from settlement.house.records import REGISTERED, SUSPENDED
from settlement.house.state import House
from settlement.house.tariff import Tariff
from settlement.journal.acts import Act, Draft
from settlement.ledger import decide as deciding
from settlement.ledger.acts import Enrol, Issue, LinkAlias, MemberName, Redeem, Reverse
from settlement.ledger.book import NEVER_US, Book, Lot, Wallet
from settlement.ledger.rules.points import SLICES_MAX
from settlement.money import POINTS, WALLET_MAX
from tests.support.pure_acts import T0_US, act, as_entry, fresh_id, house_of

PARTNERS = ("acme", "bakery", "cinema")
MEMBERS = tuple(f"00000000-0000-4000-8000-00000000000{n}" for n in range(2))
SHARD = 1


def lot_of(index: int, funder: str, points: int, expires_at_us: int = NEVER_US) -> Lot:
    """A lot of the first member that entry `index` made."""
    return Lot(index, 0, MEMBERS[0], funder, POINTS, points, points, expires_at_us, 0)


def decide(book: Book, house: House, asked: Act[object], index: int) -> Draft:
    """What becomes of an act, at a time that does not matter to it."""
    return deciding.decide(book, house, asked, index, T0_US)


def pictured(book: Book) -> tuple[object, ...]:
    """All of a book that a rule may change, as plain values."""
    wallets = {m: (w.balance, [(lot.name, lot.remaining) for lot in w.lots]) for m, w in book.wallets.items()}
    return (
        wallets,
        {name: lot.remaining for name, lot in book.lots.items()},
        {name: original.reversed for name, original in book.originals.items()},
        dict(book.aliases),
        (len(book.new_members), len(book.new_aliases), len(book.reversals)),
        {name: lot.remaining for name, lot in book.changed_lots.items()},
        {name: arrear.remaining for name, arrear in book.changed_arrears.items()},
    )


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 9)), min_size=1, max_size=12), st.data())
def test_lots_are_spent_soonest_expiry_first_then_oldest(
    lots: list[tuple[int, int]], data: st.DataObject
) -> None:
    book, member = Book(SHARD, wallets={MEMBERS[0]: Wallet(0)}), MEMBERS[0]
    for index, (expiry, quantity) in enumerate(lots):
        book.add_lot(lot_of(index, "acme", quantity, T0_US + expiry))
    amount = data.draw(st.integers(1, sum(quantity for _, quantity in lots)))
    draft = decide(
        book, house_of(*PARTNERS), act("acme", Redeem(MemberName(member), amount, T0_US)), len(lots)
    )
    in_order = sorted(range(len(lots)), key=lambda index: (lots[index][0], index))
    points = [index for index in in_order for _ in range(lots[index][1])][:amount]
    expected = {index: points.count(index) for index in points}
    taken = [value.split(" ") for key, value in draft.lines if key == "lot"]
    assert {int(lot[2:-2]): int(quantity) for _, lot, quantity in taken} == expected
    assert [int(lot[2:-2]) for _, lot, _ in taken] == list(dict.fromkeys(points))


def test_a_redemption_over_many_lots_is_refused_only_past_the_limit_and_its_leaf_always_fits() -> None:
    funders = [f"partner-with-a-name-of-forty-letters-{n:03}" for n in range(SLICES_MAX + 1)]
    house = house_of(*funders, "acme")
    house.tariffs[0] = Tariff(9_000_000, interchange_micros=9_000_000)
    book = Book(SHARD, wallets={MEMBERS[0]: Wallet(0)})
    first = 10**18
    for place, funder in enumerate(funders):
        book.add_lot(lot_of(first + place, funder, 10**12))
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
    book.add_lot(lot_of(0, "acme", 20))
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
    book, house, name = Book(SHARD, wallets={MEMBERS[0]: Wallet(0)}), house_of("acme"), MemberName(MEMBERS[0])
    spent = act("acme", Redeem(name, 20, T0_US))
    for index, asked in enumerate((act("acme", Issue(name, 50, T0_US)), spent)):
        assert decide(book, house, asked, index).refusal is None
    house.partners["acme"] = replace(house.partners["acme"], state=state)
    bodies = (
        Issue(name, 1, T0_US),
        Redeem(name, 1, T0_US),
        Reverse(spent.act_id, T0_US),
        Enrol(fresh_id(), (b"a" * 32,)),
        LinkAlias(MEMBERS[0], b"b" * 32),
    )
    before = pictured(book)
    for body in bodies:
        assert decide(book, house, act("acme", body), 2).refusal == refusal
        assert pictured(book) == before


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
        member = fresh_id() if place < 0 else members[place] if known else fresh_id()
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
