"""Value and points of one member: either is as if the other were not there; and value is worth its face."""

from collections.abc import Iterable
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from settlement.house.tariff import Tariff
from settlement.ledger.acts import Authorize, Capture, Issue, MemberName, Redeem, Reverse, Void
from settlement.ledger.book import Book, Wallet
from settlement.ledger.decide import decide
from settlement.money import ASSETS, POINTS, VALUE
from tests.support.pure_acts import T0_US, act, house_of

MEMBER = "00000000-0000-4000-8000-000000000000"
PARTNERS = ("acme", "bakery")
CENT_MICROS = 10_000


class Told(NamedTuple):
    """One act: what kind, of which asset, by whom, how much, and how many acts back it goes."""

    kind: str
    asset: str
    partner: str
    amount: int
    back: int


STORIES = st.lists(
    st.builds(
        Told,
        st.sampled_from(["issue", "issue", "redeem", "authorize", "capture", "void", "reverse"]),
        st.sampled_from(ASSETS),
        st.sampled_from(PARTNERS),
        st.integers(1, 20),
        st.integers(1, 6),
    ),
    max_size=25,
)


def body_of(kind: str, asset: str, amount: int, original: str) -> object:
    name = MemberName(MEMBER)
    match kind:
        case "issue":
            return Issue(name, amount, T0_US, asset=asset)
        case "redeem":
            return Redeem(name, amount, T0_US, asset=asset)
        case "authorize":
            return Authorize(name, amount, T0_US, 0, asset=asset)
        case "capture":
            return Capture(original, amount, T0_US, asset)
        case "void":
            return Void(original, T0_US)
    return Reverse(original, T0_US, amount, asset)


def lived(story: Iterable[Told]) -> tuple[Book, list[tuple[str | None, int | None]]]:
    """The book after the acts, and what was said of each: its refusal and the balance after it."""
    book, house = Book(1, wallets={MEMBER: Wallet(0)}), house_of(*PARTNERS)
    answers: list[tuple[str | None, int | None]] = []
    asked: dict[str, list[tuple[str, str]]] = {asset: [] for asset in ASSETS}
    for index, (kind, asset, teller, amount, back) in enumerate(story):
        earlier = asked[asset][-back:][:1] or [(teller, "00000000-0000-4000-8000-999999999999")]
        giver, original = earlier[0]
        partner = giver if kind in ("capture", "void", "reverse") else teller
        one = act(partner, body_of(kind, asset, amount, original))
        draft = decide(book, house, one, index, T0_US + index)
        asked[asset].append((partner, one.act_id))
        answers.append((draft.refusal, draft.balance_after))
    return book, answers


def left(wallet: Wallet) -> tuple[object, ...]:
    return (
        (wallet.balance, wallet.held, [(lot.funder, lot.quantity, lot.remaining) for lot in wallet.lots]),
        [(arrear.partner, arrear.quantity, arrear.remaining) for arrear in wallet.arrears],
    )


@given(STORIES)
def test_what_becomes_of_one_asset_is_what_would_without_the_other(story: list[Told]) -> None:
    book, answers = lived(story)
    for asset in ASSETS:
        own = [one for one in story if one.asset == asset]
        alone, alone_answers = lived(own)
        told = [answer for answer, one in zip(answers, story, strict=True) if one.asset == asset]
        assert told == alone_answers
        assert left(book.wallet(MEMBER, asset)) == left(alone.wallet(MEMBER, asset))


@given(st.integers(1, 10**12), st.integers(1, 9_000_000))
def test_who_takes_value_is_owed_its_face_whatever_a_point_is_worth(amount: int, rate_micros: int) -> None:
    book, house = Book(1, wallets={MEMBER: Wallet(0)}), house_of(*PARTNERS)
    house.tariffs[0] = Tariff(
        rate_micros, fee_micros=7, interchange_micros=rate_micros, transfer_fee_micros=3
    )
    name = MemberName(MEMBER)
    decide(book, house, act("acme", Issue(name, amount, T0_US, asset=VALUE)), 0, T0_US)
    draft = decide(book, house, act("bakery", Redeem(name, amount, T0_US, asset=VALUE)), 1, T0_US)
    money = [post for post in draft.transfers if post.asset not in ASSETS]
    assert [(post.debit, post.credit, post.amount) for post in money] == [
        ("position:acme", "position:bakery", amount * CENT_MICROS)
    ]


def test_a_part_is_of_the_asset_of_what_it_goes_back_to() -> None:
    book, house = Book(1, wallets={MEMBER: Wallet(0)}), house_of(*PARTNERS)
    issued = act("acme", Issue(MemberName(MEMBER), 5_000, T0_US, asset=VALUE))
    held = act("bakery", Authorize(MemberName(MEMBER), 2_000, T0_US, 0, asset=VALUE))
    asked = (
        issued,
        held,
        act("bakery", Capture(held.act_id, 80, T0_US, POINTS)),
        act("acme", Reverse(issued.act_id, T0_US, 80, POINTS)),
        act("bakery", Capture(held.act_id, 80, T0_US, VALUE)),
        act("acme", Reverse(issued.act_id, T0_US)),
    )
    drafts = [decide(book, house, one, index, T0_US + index) for index, one in enumerate(asked)]
    assert [draft.refusal for draft in drafts] == [None, None, "ASSET_DIFFERS", "ASSET_DIFFERS", None, None]
    assert [(draft.asset, draft.balance_after) for draft in drafts] == [
        (VALUE, 5_000),
        (VALUE, 3_000),
        (POINTS, 0),
        (POINTS, 0),
        (VALUE, 4_920),
        (VALUE, 0),
    ]
