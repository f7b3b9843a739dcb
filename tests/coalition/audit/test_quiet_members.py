"""Acts that are decided at the end, all at once, change the books as the rules do one by one; no other act is let through."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coalition.audit.ordinary_acts import OrdinaryAct
from coalition.audit.ordinary_rows import ISSUE, REDEEM
from coalition.audit.quiet_lots import InDoubtError
from settlement.house.state import House
from settlement.house.tariff import Tariff
from settlement.ledger.book import Wallet
from tests.coalition.audit.ordinary_story import (
    ASKED,
    MEMBERS,
    MODELS,
    PARTNERS,
    TARIFFS,
    Asked,
    Told,
    in_columns,
    spoilt,
)
from tests.coalition.audit.quiet_history import Quiet
from tests.support.pure_acts import NETWORK, fresh_id, house_of

ANNA, BORIS, _ = MEMBERS
WAYS: dict[str, Callable[[dict[str, Wallet], str], Wallet | None]] = {
    "get": lambda wallets, member: wallets.get(member),
    "in": lambda wallets, member: dict.get(wallets, member) if member in wallets else None,
    "[]": lambda wallets, member: wallets[member],
}
Asking = tuple[str, str]
"""How a wallet is asked for, and whose."""
Chapter = tuple[Tariff | None, list[Asked], Asking | None]
"""A tariff that comes into force, the acts of a run, and what somebody asks behind it. A cycle each."""
STORIES = st.lists(
    st.tuples(
        st.none() | TARIFFS,
        st.lists(ASKED, max_size=12),
        st.none() | st.tuples(st.sampled_from(sorted(WAYS)), st.sampled_from(MEMBERS)),
    ),
    min_size=1,
    max_size=6,
)


@dataclass
class _Run:
    """The acts of a chapter that were accepted, and what there was when they were over: the balance that somebody asks for."""

    cycle: int
    tariff: tuple[int, Tariff]
    acts: list[OrdinaryAct]
    asking: Asking | None
    balance: int


def _tell(told: Told, story: list[Chapter]) -> list[_Run]:
    runs: list[_Run] = []
    house = told.history.house
    for number, (tariff, drawn, asking) in enumerate(story, start=1):
        told.cycle = number
        if tariff is not None:
            _put_in_force(house, (number, tariff))
        acts = [act for asked in drawn if (act := told.ask(asked)) is not None]
        balance = told.book.wallets[asking[1]].balance if asking is not None else 0
        runs.append(_Run(number, (house.tariff_number, house.tariff), acts, asking, balance))
    return runs


def _put_in_force(house: House, tariff: tuple[int, Tariff]) -> None:
    house.tariff_number, terms = tariff
    house.tariffs[house.tariff_number] = terms


def _house(model: str, tariff: Tariff) -> House:
    house = house_of(*PARTNERS)
    house.network, house.tariffs[0] = replace(NETWORK, model=model), tariff
    return house


@given(
    tariff=TARIFFS, model=MODELS, story=STORIES, came_otherwise=st.sets(st.sampled_from(MEMBERS), max_size=1)
)
def test_they_do_what_the_rules_do(
    tariff: Tariff, model: str, story: list[Chapter], came_otherwise: set[str]
) -> None:
    told = Told(_house(model, tariff))
    mine = Quiet(_house(model, tariff), came_otherwise=came_otherwise)
    for run in _tell(told, story):
        _put_in_force(mine.history.house, run.tariff)
        assert mine.take(run.acts, told, cycle=run.cycle) == []
        if run.asking is not None:
            way, member = run.asking
            wallet = WAYS[way](mine.wallets, member)
            assert wallet is not None
            assert wallet.balance == run.balance
    mine.assert_same(told, mine.shard.settle())


@given(tariff=TARIFFS, model=MODELS, story=STORIES, data=st.data())
def test_no_act_is_let_through_that_the_rules_do_not_give(
    tariff: Tariff, model: str, story: list[Chapter], data: st.DataObject
) -> None:
    told = Told(_house(model, tariff))
    runs = _tell(told, story)
    acts = [act for run in runs for act in run.acts]
    assume(acts)
    right = data.draw(st.sampled_from(acts), label="which act is spoilt")
    wrong = data.draw(st.sampled_from(list(spoilt(right, _lots_of(acts)))), label="how")
    _assert_stopped(Quiet(_house(model, tariff)), told, runs, (right, wrong))


@pytest.mark.parametrize("model", ["bilateral", "pool"])
def test_no_act_of_a_story_can_be_another(model: str) -> None:
    tariff = Tariff(10_000, expiry="months-1", price_micros=12_000, fee_micros=300, interchange_micros=100)
    issues: list[Asked] = [(ISSUE, member, partner, 50, 1) for member in MEMBERS for partner in PARTNERS]
    spendings: list[Asked] = [(REDEEM, ANNA, "cinema", 30, 1), (REDEEM, ANNA, "grocer", 70, 1)]
    later: list[Asked] = [(ISSUE, ANNA, "bakery", 9, 20), (REDEEM, ANNA, "cinema", 8, 20)]
    told = Told(_house(model, tariff))
    runs = _tell(told, [(None, issues, None), (None, spendings, None), (None, later, None)])
    acts = [act for run in runs for act in run.acts]
    assert len(acts) == len([*issues, *spendings, *later])
    for right in acts:
        for wrong in spoilt(right, _lots_of(acts)):
            _assert_stopped(Quiet(_house(model, tariff)), told, runs, (right, wrong))


def _lots_of(acts: list[OrdinaryAct]) -> list[int]:
    return [act.index for act in acts if act.signer[0] == ISSUE]


def _assert_stopped(mine: Quiet, told: Told, runs: list[_Run], acts: tuple[OrdinaryAct, OrdinaryAct]) -> None:
    """All is in doubt with a wrong act in the place of the right one, or it is left to the rules, which make the right one."""
    right, wrong = acts
    stopped = False
    try:
        for run in runs:
            _put_in_force(mine.history.house, run.tariff)
            forged = [wrong if act is right else act for act in run.acts]
            rows = in_columns(forged, told.book) if forged else None
            left = [] if rows is None else mine.take_rows(rows, cycle=run.cycle, instead=right)
            assert left in ([], [wrong])
            stopped |= left == [wrong]
        settled = mine.shard.settle()
    except InDoubtError:
        return
    assert stopped, wrong
    mine.assert_same(told, settled)


def test_who_is_not_asked_for_stays_quiet() -> None:
    told, mine = Told(house_of(*PARTNERS)), Quiet(house_of(*PARTNERS))
    drawn: list[Asked] = [(kind, member, "bakery", 5, 1) for kind in (ISSUE, REDEEM) for member in MEMBERS]
    acts = [act for asked in drawn if (act := told.ask(asked))]
    spoilt_money = replace(acts[-1], money="post position:bakery position:cinema EUR 1\n")
    assert mine.take([*acts[:-1], spoilt_money], told) == [spoilt_money]
    lots = mine.shard.settle()
    assert lots.members == [ANNA, BORIS, None]
    assert lots.time_us.tolist() == [act.time_us for act in acts[:2]]


@pytest.mark.parametrize(
    ("first", "second", "days", "wrong"),
    [
        ((ISSUE, ANNA, "bakery", 50, 0), (ISSUE, ANNA, "bakery", 50, 1), 0, 1),
        ((ISSUE, ANNA, "bakery", 50, 0), (ISSUE, BORIS, "bakery", 50, 0), 0, 1),
        ((ISSUE, ANNA, "bakery", 50, 0), (ISSUE, ANNA, "bakery", 50, 20), 20, 0),
    ],
    ids=["younger", "another member's", "over"],
)
def test_points_come_from_no_other_lot_though_the_money_is_the_same(
    first: Asked, second: Asked, days: int, wrong: int
) -> None:
    house = _house("bilateral", Tariff(100, expiry="months-1"))
    told, mine = Told(house), Quiet(house)
    redeemed = (REDEEM, ANNA, "cinema", 30, days)
    acts = [act for asked in (first, second, redeemed) if (act := told.ask(asked))]
    assert acts[2].takes == ((acts[1 - wrong].index, 30),)
    acts[2] = replace(acts[2], takes=((acts[wrong].index, 30),))
    assert mine.take(acts, told) == []
    with pytest.raises(InDoubtError):
        mine.shard.settle()


def test_what_is_undone_later_is_kept() -> None:
    told = Told(house_of(*PARTNERS))
    acts = [act for kind in (ISSUE, REDEEM) if (act := told.ask((kind, ANNA, "bakery", 5, 0)))]
    mine = Quiet(house_of(*PARTNERS), originals={UUID(acts[1].act_id).bytes})
    assert mine.take(acts, told) == []
    assert mine.history.book(1).originals == told.book.originals
    mine.assert_same(told, mine.shard.settle())


def test_a_wallet_is_asked_for_by_its_members_one_name() -> None:
    mine, member = Quiet(house_of(*PARTNERS)), "abcdefab-0000-4000-8000-000000000000"
    mine.shard.enrol(member, 1)
    for other in (member.upper(), member.replace("-", ""), f" {member}", fresh_id(), "", "anna"):
        assert other not in mine.wallets
    assert mine.wallets[member] == Wallet(0)
