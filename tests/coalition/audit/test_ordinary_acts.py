"""Ordinary acts change the books as the rules change them, under any tariff; what differs from the rules is not taken."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.audit.coming import Coming
from coalition.audit.history import History
from coalition.audit.ordinary_acts import OrdinaryAct
from coalition.audit.ordinary_rows import ISSUE, REDEEM
from coalition.audit.ordinary_shard import OrdinaryShard
from settlement.house.state import House
from settlement.house.tariff import Tariff
from settlement.ledger.book import Arrear
from settlement.ledger.chart import wallet
from settlement.money import POINTS, WALLET_MAX
from tests.coalition.audit.ordinary_story import (
    ASKED,
    MEMBERS,
    MODELS,
    PARTNERS,
    TARIFFS,
    Asked,
    Told,
    history_of,
    spoilt,
)
from tests.support.pure_acts import NETWORK, house_of


@dataclass
class _Both:
    """A history that the rules and the tally make, and one that is made by ordinary acts alone."""

    told: Told
    ordinary: History
    acts: OrdinaryShard
    act_ids: dict[int, str]

    @classmethod
    def under(cls, house: House) -> "_Both":
        ordinary, act_ids = history_of(house), dict[int, str]()
        for member in MEMBERS:
            ordinary.book(1).enrol(member)
            ordinary.tally.members[member] = 1
        coming = Coming(ordinary.tally.members, ordinary.aliases)
        acts = OrdinaryShard(ordinary, 1, act_ids, coming, originals=frozenset())
        acts.put_aside.begin(1)
        return cls(Told(house), ordinary, acts, act_ids)

    def take(self, act: OrdinaryAct) -> bool:
        return self.acts.take(act, None)

    def assert_same(self) -> None:
        self.acts.put_aside.add_up()
        mine, theirs = self.ordinary.book(1), self.told.book
        assert (mine.wallets, mine.lots, mine.originals) == (theirs.wallets, theirs.lots, theirs.originals)
        assert self.ordinary.tally == self.told.history.tally
        assert self.ordinary.taxed.due == self.told.history.taxed.due
        assert self.act_ids == {each.index: act_id for (_, act_id), each in theirs.originals.items()}


@given(tariff=TARIFFS, model=MODELS, drawn=st.lists(ASKED, min_size=3, max_size=30))
def test_they_do_what_the_rules_do(tariff: Tariff, model: str, drawn: list[Asked]) -> None:
    house = house_of(*PARTNERS)
    house.network, house.tariffs[0] = replace(NETWORK, model=model), tariff
    both, lots = _Both.under(house), list[int]()
    for asked in drawn:
        act = both.told.ask(asked)
        if act is not None:
            for wrong in spoilt(act, lots):
                assert not both.take(wrong)
            assert both.take(act)
            lots += [act.index] if asked[0] == ISSUE else []
    both.assert_same()


def _fill(ordinary: History) -> None:
    ordinary.book(1).wallets[MEMBERS[0]].held = WALLET_MAX


def _owe(ordinary: History) -> None:
    arrear = Arrear(9, 0, MEMBERS[0], "cinema", POINTS, 1, 1, 0)
    ordinary.book(1).wallets[MEMBERS[0]].arrears.append(arrear)


def _post_more(ordinary: History) -> None:
    ordinary.tally.balances[1, wallet(MEMBERS[0]), POINTS].second += 1


def _tally_less(ordinary: History) -> None:
    [lot] = ordinary.tally.lots.values()
    lot.remaining -= 1


def _lose_a_lot(ordinary: History) -> None:
    ordinary.book(1).wallets[MEMBERS[0]].lots.clear()


def _be_elsewhere(ordinary: History) -> None:
    del ordinary.book(1).wallets[MEMBERS[0]]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (ISSUE, _fill),
        (ISSUE, _owe),
        (ISSUE, _post_more),
        (REDEEM, _post_more),
        (REDEEM, _tally_less),
        (REDEEM, _lose_a_lot),
        (ISSUE, _be_elsewhere),
        (REDEEM, _be_elsewhere),
    ],
)
def test_what_is_rare_is_left_to_the_rules(kind: str, change: Callable[[History], None]) -> None:
    both = _Both.under(house_of(*PARTNERS))
    first = both.told.ask((ISSUE, MEMBERS[0], "bakery", 50, 0))
    assert first is not None
    assert both.take(first)
    act = both.told.ask((kind, MEMBERS[0], "cinema", 20, 0))
    assert act is not None
    change(both.ordinary)
    assert not both.take(act)
