"""Laws of transfers between members: nothing is made or lost, limits hold to the point, and no leaf of one is ever too long."""

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from settlement.house.state import House
from settlement.house.tariff import Tariff
from settlement.journal.acts import Draft
from settlement.journal.leaf import LEAF_BYTES_MAX, format_leaf
from settlement.ledger.acts import MemberName, TransferPoints
from settlement.ledger.book import NEVER_US, Arrear, Book, Lot, Wallet
from settlement.ledger.decide import decide
from settlement.ledger.recorded import read_transit
from settlement.ledger.rules.arrears import REPAYMENTS_MAX
from settlement.ledger.rules.expiry import DAY_US
from settlement.ledger.rules.points import SLICES_MAX
from settlement.ledger.sweeping import arrival_draft
from settlement.money import POINTS, WALLET_MAX
from tests.support.pure_acts import T0_US, act, as_entry, house_of

GIVER, TAKER, ABROAD = [f"0000000{n}-0000-4000-8000-000000000000" for n in range(3)]
HERE, THERE = 1, 2
MIDNIGHT_US = T0_US // DAY_US * DAY_US + DAY_US
LOTS = st.lists(
    st.tuples(st.sampled_from(["acme", "bakery"]), st.integers(1, 9), st.integers(1, 5)),
    min_size=1,
    max_size=9,
)


def house_with(funders: Iterable[str] = ("acme", "bakery"), **terms: int) -> House:
    """A house whose tariff lets points go, but for these terms."""
    house = house_of(*funders)
    house.tariffs[0] = replace(Tariff(10_000, transfer_points_max=10**12), **terms)  # type: ignore[arg-type]
    return house


def book_with(lots: Iterable[tuple[str, int, int]]) -> Book:
    """The giver's lots: funder, points and in how many days they expire. The taker has none; another lives elsewhere."""
    book = Book(HERE, wallets={GIVER: Wallet(0), TAKER: Wallet(0)})
    book.transits.shards[ABROAD] = THERE
    for index, (funder, points, days) in enumerate(lots):
        expires_at_us = T0_US + days * DAY_US
        book.add_lot(Lot(index, 0, GIVER, funder, POINTS, points, points, expires_at_us, 0))
    return book


def transfer(book: Book, house: House, amount: int, *, to: str = TAKER, now_us: int = T0_US) -> Draft:
    """What becomes of it as entry 100."""
    body = TransferPoints(MemberName(GIVER), MemberName(to), amount, T0_US)
    return decide(book, house, act("acme", body), 100, now_us)


def kinds(lots: Iterable[Lot]) -> dict[tuple[str, int, int], int]:
    """Points by funder, tariff and expiry."""
    found: dict[tuple[str, int, int], int] = {}
    for lot in lots:
        kind = (lot.funder, lot.tariff, lot.expires_at_us)
        found[kind] = found.get(kind, 0) + lot.remaining
    return found


@given(LOTS, st.data())
def test_points_change_hands_and_nothing_else(lots: list[tuple[str, int, int]], data: st.DataObject) -> None:
    book, house = book_with(lots), house_with()
    before, total = kinds(book.lots.values()), book.wallets[GIVER].balance
    amount = data.draw(st.integers(1, total))
    draft = transfer(book, house, amount)
    giver, taker = book.wallets[GIVER], book.wallets[TAKER]
    assert (draft.refusal, draft.balance_after) == (None, total - amount)
    assert (giver.balance, taker.balance) == (total - amount, amount)
    assert kinds(book.lots.values()) == before
    assert [post.asset for post in draft.transfers] == [POINTS]
    assert taker.lots == sorted(taker.lots)


@given(LOTS, st.data())
def test_what_travels_is_what_arrives(lots: list[tuple[str, int, int]], data: st.DataObject) -> None:
    """The leaf alone says all of it: what is read from it is what was decided."""
    book, house = book_with(lots), house_with()
    near = book_with(lots)
    amount = data.draw(st.integers(1, book.wallets[GIVER].balance))
    transfer(near, house, amount)
    draft = transfer(book, house, amount, to=ABROAD)
    [transit] = book.transits.new
    entry = as_entry(draft, shard=HERE, index=100, house=1)
    assert read_transit(THERE, format_leaf(entry)) == transit
    far = Book(THERE, wallets={ABROAD: Wallet(0)})
    arrived = arrival_draft(far, house, transit, 7)
    as_entry(arrived, shard=THERE, index=7, house=1)
    assert kinds(far.lots.values()) == kinds(near.wallets[TAKER].lots)
    assert {post.debit for post in arrived.transfers} == {post.credit for post in draft.transfers}
    assert (far.wallets[ABROAD].balance, transit.is_open) == (amount, False)


def test_limits_hold_to_the_point_and_a_day_ends_at_midnight_utc() -> None:
    house = house_with(transfer_points_max=10, transfer_daily_max=15)
    book = book_with([("acme", 100, 5)])
    eve_us = MIDNIGHT_US - 1
    said = [transfer(book, house, amount, now_us=eve_us).refusal for amount in (11, 10, 6, 5, 1)]
    assert said == ["LIMIT_EXCEEDED", None, "LIMIT_EXCEEDED", None, "LIMIT_EXCEEDED"]
    assert transfer(book, house, 10, now_us=MIDNIGHT_US).refusal is None
    assert book.transits.sent[GIVER] == (MIDNIGHT_US // DAY_US, 10)


def test_a_wallet_in_this_shard_is_filled_to_its_limit_and_one_in_another_whatever_it_holds() -> None:
    book, house = book_with([("acme", 5, 5)]), house_with()
    book.add_lot(Lot(50, 0, TAKER, "acme", POINTS, WALLET_MAX - 2, WALLET_MAX - 2, NEVER_US, 0))
    assert [transfer(book, house, amount).refusal for amount in (3, 2)] == ["LIMIT_EXCEEDED", None]
    assert transfer(book, house, 3, to=ABROAD).refusal is None
    far = Book(THERE, wallets={ABROAD: Wallet(WALLET_MAX)})
    arrival_draft(far, house, book.transits.new[0], 0)
    assert far.wallets[ABROAD].balance == WALLET_MAX + 3


def test_the_fee_is_that_of_the_day_and_the_askers() -> None:
    draft = transfer(book_with([("bakery", 9, 5)]), house_with(transfer_fee_micros=7), 6)
    _, fee = draft.transfers
    assert (fee.debit, fee.credit, fee.asset, fee.amount) == ("position:acme", "fee-income", "EUR", 42)


def test_whoever_owes_gives_nothing_away_and_is_repaid_from_what_comes() -> None:
    book, house = book_with([("acme", 9, 5)]), house_with()
    book.add_arrear(Arrear(3, 0, TAKER, "bakery", POINTS, 4, 4, 0))
    assert transfer(book, house, 6).refusal is None
    assert (book.wallets[TAKER].balance, book.wallets[TAKER].arrears) == (2, [])
    book.add_arrear(Arrear(4, 0, GIVER, "bakery", POINTS, 1, 1, 0))
    assert transfer(book, house, 1).refusal == "MEMBER_IN_ARREARS"


def test_the_longest_transfers_there_are_fit_their_leaves() -> None:
    """Of as many lots as one act takes, each of another funder with a long name, into as many repayments as one entry makes."""
    funders = [f"partner-with-a-name-of-forty-letters-{n:03}" for n in range(SLICES_MAX)]
    house, points, first = house_with(funders, transfer_fee_micros=1), 10**9, 10**18
    for to in (TAKER, ABROAD):
        book = Book(HERE, wallets={GIVER: Wallet(0), TAKER: Wallet(0)})
        book.transits.shards[ABROAD] = THERE
        for place, funder in enumerate(funders):
            book.add_lot(Lot(first + place, place, GIVER, funder, POINTS, points, points, MIDNIGHT_US, 0))
        for place, funder in enumerate(funders[:REPAYMENTS_MAX]):
            book.add_arrear(Arrear(first + place, 0, TAKER, funder, POINTS, points - 1, points - 1, 0))
        body = TransferPoints(MemberName(GIVER), MemberName(to), SLICES_MAX * points, T0_US)
        draft = decide(book, house, act(funders[0], body), 2 * first, T0_US)
        assert draft.refusal is None
        leaf = format_leaf(as_entry(draft, shard=HERE, index=2 * first, house=10**18))
        assert len(leaf) <= LEAF_BYTES_MAX
