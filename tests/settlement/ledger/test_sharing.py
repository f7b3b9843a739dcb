"""Laws of co-funded issues: nothing is lost between funders, no part is far from its share, no leaf is too long."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from settlement.house.funding import FUNDERS_MAX
from settlement.house.records import Funding
from settlement.house.tariff import Tariff
from settlement.ledger.acts import Issue, MemberName, Redeem, Reverse
from settlement.ledger.book import Arrear, Book, Wallet
from settlement.ledger.decide import decide
from settlement.ledger.rules.arrears import REPAYMENTS_MAX
from settlement.ledger.rules.sharing import divided, undone_of
from settlement.money import AMOUNT_MAX, BASIS_POINTS, POINTS
from tests.support.pure_acts import T0_US, act, as_entry, house_of

MEMBER = "00000000-0000-4000-8000-000000000000"
NAME = MemberName(MEMBER)
AMOUNTS = st.integers(1, 40) | st.integers(1, AMOUNT_MAX)
QUANTITIES = st.lists(st.integers(1, 9) | st.integers(1, AMOUNT_MAX), min_size=1, max_size=6)


@st.composite
def shares(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Shares of `issuer` and up to five funders, which are the whole."""
    cuts = draw(st.lists(st.integers(1, BASIS_POINTS - 1), max_size=5, unique=True))
    edges = [0, *sorted(cuts), BASIS_POINTS]
    widths = [last - first for first, last in pairwise(edges)]
    return [("issuer" if place == 0 else f"funder-{place}", width) for place, width in enumerate(widths)]


@given(AMOUNTS, shares())
def test_each_gets_its_share_to_less_than_a_point_and_all_get_all(
    amount: int, agreed: list[tuple[str, int]]
) -> None:
    parts = divided(amount, agreed)
    assert [name for name, _ in parts] == [name for name, _ in agreed]
    assert sum(points for _, points in parts) == amount
    for (_, points), (_, share) in zip(parts, agreed, strict=True):
        assert abs(points * BASIS_POINTS - amount * share) < BASIS_POINTS


def test_points_left_over_go_to_the_largest_remainders_and_among_equals_by_name() -> None:
    assert divided(100, [("bakery", 3_334), ("dairy", 3_333), ("acme", 3_333)]) == [
        ("bakery", 34),
        ("dairy", 33),
        ("acme", 33),
    ]
    assert divided(1, [("bakery", 5_000), ("acme", 5_000)]) == [("bakery", 0), ("acme", 1)]
    assert divided(10, [("bakery", 2_500), ("dairy", 2_500), ("acme", 5_000)]) == [
        ("bakery", 3),
        ("dairy", 2),
        ("acme", 5),
    ]


@given(QUANTITIES, st.data())
def test_what_is_undone_of_each_lot_only_grows_and_is_its_part(
    quantities: list[int], data: st.DataObject
) -> None:
    total = sum(quantities)
    undone = data.draw(st.integers(0, total - 1))
    before, after = undone_of(quantities, undone), undone_of(quantities, undone + 1)
    assert (sum(before), sum(after)) == (undone, undone + 1)
    assert sorted(has - had for had, has in zip(before, after, strict=True)) == [0] * (
        len(quantities) - 1
    ) + [1]
    for quantity, points in zip(quantities, before, strict=True):
        assert 0 <= points <= quantity
        assert abs(points * total - undone * quantity) < total * len(quantities)
    assert undone_of(quantities, total) == quantities


def test_a_campaign_of_the_most_funders_fits_the_leaves_of_its_issue_and_its_reversal() -> None:
    """The issue repays as many arrears as one entry may, its reversal makes an arrear with every funder."""
    names = [f"partner-with-a-name-of-forty-letters-{number:03}" for number in range(FUNDERS_MAX + 1)]
    house, first = house_of(*names), 10**18
    house.tariffs[first], house.tariff_number = Tariff(9_000_000, fee_micros=9_000_000), first
    campaign = "c" * 64
    house.fundings[names[0], campaign] = tuple(
        [Funding(names[0], campaign, name, 300, T0_US + 1, first) for name in names[1:]]
    )
    book = Book(1, wallets={MEMBER: Wallet(0)})
    for place in range(REPAYMENTS_MAX):
        book.add_arrear(Arrear(first + place, 0, MEMBER, names[-1], POINTS, 1, 1, first))
    issue = act(names[0], Issue(NAME, AMOUNT_MAX, T0_US, None, campaign))
    issued = decide(book, house, issue, 2 * first, T0_US)
    assert [key for key, _ in issued.lines].count("arrear") == REPAYMENTS_MAX
    as_entry(issued, shard=64, index=2 * first, house=first)
    spent = act("cinema", Redeem(NAME, book.wallets[MEMBER].balance - 1, T0_US))
    house.partners["cinema"] = house.partners[names[0]]
    assert decide(book, house, spent, 2 * first + 1, T0_US).refusal is None
    undone = decide(book, house, act(names[0], Reverse(issue.act_id, T0_US)), 2 * first + 2, T0_US)
    assert [key for key, _ in undone.lines].count("arrear") == FUNDERS_MAX + 1
    as_entry(undone, shard=64, index=2 * first + 2, house=first)
