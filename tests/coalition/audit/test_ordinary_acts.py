"""Ordinary acts change the books as the rules change them, under any tariff; what differs from the rules is not taken."""

from collections.abc import Callable, Container
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.audit.history import History
from coalition.audit.ordinary import Ordinary
from coalition.audit.ordinary_acts import OrdinaryActs
from settlement.house.state import House
from settlement.house.tariff import Tariff
from settlement.journal.acts import Act, Draft
from settlement.ledger.acts import Enrol, Issue, MemberName, Redeem
from settlement.ledger.book import Arrear
from settlement.ledger.chart import wallet
from settlement.ledger.decide import decide
from settlement.ledger.rules.expiry import DAY_US
from settlement.money import POINTS, WALLET_MAX
from tests.support.pure_acts import NETWORK, T0_US, act, as_entry, fresh_id, house_of

PARTNERS = ("bakery", "cinema", "grocer")
MEMBERS = tuple(fresh_id() for _ in range(3))
TARIFFS = st.builds(
    Tariff,
    st.integers(0, 20_000),
    expiry=st.sampled_from(["never", "never", "months-1", "month-end-1", "year-end-1", "activity-1"]),
    price_micros=st.integers(0, 20_000),
    fee_micros=st.sampled_from([0, 0, 300]),
    interchange_micros=st.sampled_from([0, 0, 100]),
    notice_days=st.sampled_from([0, 7]),
    vat_basis_points=st.sampled_from([0, 1_900]),
    consent_above=st.sampled_from([None, None, 60]),
)
ASKED = st.tuples(
    st.sampled_from(["issue", "issue", "redeem"]),
    st.sampled_from(MEMBERS),
    st.booleans(),
    st.sampled_from(PARTNERS),
    st.integers(1, 100),
    st.integers(0, 20),
)
"""Kind, member, whether it is named by its alias, who asks, points, days after the act before."""


@dataclass
class _Both:
    """A history that the rules and the tally make, and one that is made by ordinary acts alone."""

    rules: History
    ordinary: History
    acts: OrdinaryActs

    @classmethod
    def under(cls, house: House) -> "_Both":
        rules, ordinary = History(), History()
        rules.house = ordinary.house = house
        rules.tally.operator = ordinary.tally.operator = house.founded.operator
        return cls(rules, ordinary, OrdinaryActs(ordinary, 1, _Everything(), {}))

    def go_on(self, asked: Act[object], index: int, time_us: int) -> tuple[Draft, Ordinary]:
        """The rules decide the next act; returned is also how it would be taken as an ordinary one."""
        draft = decide(self.rules.book(1), self.rules.house, asked, index, time_us)
        entry = as_entry(draft, shard=1, index=index, house=1, time_us=time_us)
        assert self.rules.tally.add(entry, cycle=1) == []
        self.rules.taxed.add(entry, self.rules.house.tariffs, self.rules.tally.lots)
        return draft, _ordinary(asked, draft, index, time_us)

    def assert_same(self) -> None:
        self.acts.add_up()
        mine, theirs = self.ordinary.book(1), self.rules.book(1)
        assert (mine.wallets, mine.lots, mine.aliases) == (theirs.wallets, theirs.lots, theirs.aliases)
        assert mine.originals == theirs.originals
        assert self.ordinary.tally == self.rules.tally
        assert self.ordinary.taxed.due == self.rules.taxed.due


class _Everything(Container[str]):
    """Every act is reversed later."""

    def __contains__(self, item: object) -> bool:
        return True


def _ordinary(asked: Act[object], draft: Draft, index: int, time_us: int) -> Ordinary:
    body, keys = asked.body, [key for key, _ in draft.lines]
    end = "".join([f"{key} {value}\n" for key, value in draft.lines[keys.index("sig") + 1 :]])
    if isinstance(body, Enrol):
        aliases, amount = body.aliases, 0
    else:
        assert isinstance(body, Issue | Redeem)
        aliases, amount = (() if body.name.alias is None else (body.name.alias,)), body.amount
    signer = (draft.kind, asked.partner, asked.keyid)
    known = (draft.member or "", aliases, amount, end, draft.balance_after, bytes(32), "")
    return signer, 1, index, time_us, asked.act_id, *known


def _alias(member: str) -> bytes:
    return member.encode()[-32:]


def _act(kind: str, member: str, partner: str, points: int, *, by_alias: bool) -> Act[object]:
    name = MemberName(alias=_alias(member)) if by_alias else MemberName(member)
    return act(partner, Issue(name, points, T0_US) if kind == "issue" else Redeem(name, points, T0_US))


@settings(deadline=None)
@given(
    tariff=TARIFFS,
    model=st.sampled_from(["bilateral", "pool"]),
    drawn=st.lists(ASKED, min_size=3, max_size=30),
)
def test_they_do_what_the_rules_do(
    tariff: Tariff, model: str, drawn: list[tuple[str, str, bool, str, int, int]]
) -> None:
    house = house_of(*PARTNERS)
    house.network, house.tariffs[0] = replace(NETWORK, model=model), tariff
    both, index, time_us = _Both.under(house), 0, T0_US
    for member in MEMBERS:
        _, item = both.go_on(act("bakery", Enrol(member, (_alias(member),))), index, time_us)
        assert [both.acts.take([item], 1) for _ in range(2)] == [1, 0]
        index += 1
    for kind, member, by_alias, partner, points, days in drawn:
        time_us += days * DAY_US + 1
        draft, item = both.go_on(_act(kind, member, partner, points, by_alias=by_alias), index, time_us)
        if draft.refusal is None:
            for wrong in _spoilt(item):
                assert both.acts.take([wrong], 1) == 0
            assert both.acts.take([item], 1) == 1
        index += 1
    both.assert_same()


def _spoilt(item: Ordinary) -> list[Ordinary]:
    """The same with one thing that the rules do not give."""
    signer, house, index, time_us, act_id, member, aliases, amount, end, balance, digest, row = item
    assert balance is not None
    more = end.replace(f" {amount}", f" {amount + 1}", 1)
    refused = end.replace("result ok", "result refused LIMIT_EXCEEDED")
    facts = [(aliases, amount, wrong, balance) for wrong in (more, refused, end + "\n", end[:-1])]
    facts += [(aliases, amount, end, balance + 1), ((bytes(32),), amount, end, balance)]
    return [(signer, house, index, time_us, act_id, member, *each, digest, row) for each in facts]


def _ask_consent(both: _Both) -> None:
    both.rules.house.tariffs[0] = Tariff(10_000, consent_above=5)


def _fill(both: _Both) -> None:
    both.ordinary.book(1).wallets[MEMBERS[0]].held = WALLET_MAX


def _owe(both: _Both) -> None:
    arrear = Arrear(9, 0, MEMBERS[0], "cinema", POINTS, 1, 1, 0)
    both.ordinary.book(1).wallets[MEMBERS[0]].arrears.append(arrear)


def _post_more(both: _Both) -> None:
    both.ordinary.tally.balances[1, wallet(MEMBERS[0]), POINTS].second += 1


def _tally_less(both: _Both) -> None:
    both.ordinary.tally.lots[1, 1, 0].remaining -= 1


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("redeem", _ask_consent),
        ("issue", _fill),
        ("issue", _owe),
        ("issue", _post_more),
        ("redeem", _post_more),
        ("redeem", _tally_less),
    ],
)
def test_what_is_rare_is_left_to_the_rules(kind: str, change: Callable[[_Both], None]) -> None:
    both = _Both.under(house_of(*PARTNERS))
    before = (act("bakery", Enrol(MEMBERS[0], ())), _act("issue", MEMBERS[0], "bakery", 50, by_alias=False))
    for index, asked in enumerate(before):
        assert both.acts.take([both.go_on(asked, index, T0_US + index)[1]], 1) == 1
    _, item = both.go_on(_act(kind, MEMBERS[0], "cinema", 20, by_alias=False), 2, T0_US + 2)
    change(both)
    assert both.acts.take([item], 1) == 0
