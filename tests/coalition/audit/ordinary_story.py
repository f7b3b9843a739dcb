"""Stories of ordinary acts as the rules tell them: what the short way must come to, and what it must not take."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import numpy as np
from hypothesis import strategies as st

from coalition.audit.arrays import UUID_BYTES, table_of
from coalition.audit.history import History
from coalition.audit.ordinary_acts import OrdinaryAct
from coalition.audit.ordinary_rows import ISSUE, REDEEM, OrdinaryRows, Redemptions
from settlement.house.state import House
from settlement.house.tariff import Tariff
from settlement.journal.acts import Act, Draft
from settlement.ledger.acts import Enrol, Issue, MemberName, Redeem
from settlement.ledger.book import Book
from settlement.ledger.decide import decide
from settlement.ledger.rules.expiry import DAY_US
from tests.support.pure_acts import T0_US, act, as_entry, fresh_id

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
)
MODELS = st.sampled_from(["bilateral", "pool"])
Asked = tuple[str, str, str, int, int]
"""Kind, member, who asks, points, days after the act before."""
ASKED: st.SearchStrategy[Asked] = st.tuples(
    st.sampled_from([ISSUE, ISSUE, REDEEM]),
    st.sampled_from(MEMBERS),
    st.sampled_from(PARTNERS),
    st.integers(1, 100),
    st.integers(0, 20),
)


class Told:
    """A story, and the history that the rules and the tally make of it, in shard 1. `cycle`: that acts fall into from now on."""

    def __init__(self, house: House) -> None:
        self.history = history_of(house)
        self.cycle, self._index, self._time_us = 1, 0, T0_US
        for member in MEMBERS:
            self._decide(act("bakery", Enrol(member, ())))

    @property
    def book(self) -> Book:
        return self.history.book(1)

    def ask(self, asked: Asked) -> OrdinaryAct | None:
        """The next act as an ordinary one; None if it is refused."""
        kind, member, partner, points, days = asked
        self._time_us += days * DAY_US + 1
        facts = (MemberName(member), points, T0_US)
        return self._decide(act(partner, Issue(*facts) if kind == ISSUE else Redeem(*facts)))

    def _decide(self, asked: Act[object]) -> OrdinaryAct | None:
        index, history = self._index, self.history
        self._index += 1
        draft = decide(self.book, history.house, asked, index, self._time_us)
        entry = as_entry(draft, shard=1, index=index, house=1, time_us=self._time_us)
        assert history.tally.add(entry, cycle=self.cycle) == []
        history.taxed.add(entry, history.house.tariffs, history.tally.lots)
        if draft.refusal is not None or isinstance(asked.body, Enrol):
            return None
        return _ordinary(asked, draft, (index, self._time_us), history.house.tariff_number)


def history_of(house: House) -> History:
    """An empty one."""
    history = History()
    history.house, history.tally.operator = house, house.founded.operator
    return history


def _ordinary(asked: Act[object], draft: Draft, at: tuple[int, int], tariff: int) -> OrdinaryAct:
    assert isinstance(asked.body, Issue | Redeem)
    assert draft.member is not None
    assert draft.balance_after is not None
    posts = [f"post {value}\n" for key, value in draft.lines if key == "post"]
    lots = [value.split(" ") for key, value in draft.lines if key == "lot" and value.startswith("take 1:")]
    takes = [(int(lot.removeprefix("1:").removesuffix(".0")), int(points)) for _, lot, points in lots]
    return OrdinaryAct(
        (draft.kind, asked.partner, asked.keyid),
        *at,
        asked.act_id,
        draft.member,
        asked.body.amount,
        draft.balance_after,
        tariff,
        tuple(takes),
        "".join(posts[1:]) if draft.kind == REDEEM else None,
    )


def in_columns(acts: list[OrdinaryAct], book: Book) -> OrdinaryRows:
    """Acts as a run. `book`: by which their lots expire."""
    signers = list(dict.fromkeys([each.signer for each in acts]))
    dates = {index: lot.expires_at_us for (index, _), lot in book.lots.items()}
    facts = [
        (each.index, 1, each.time_us, each.tariff, each.amount, each.balance_after, dates.get(each.index, 0))
        for each in acts
    ]
    members, act_ids = [
        table_of([UUID(name).bytes for name in names], UUID_BYTES)
        for names in ([each.member for each in acts], [each.act_id for each in acts])
    ]
    hashes = np.zeros((len(acts), 32), np.uint8)
    redemptions = [(row, each) for row, each in enumerate(acts) if each.signer[0] == REDEEM]
    taken = [(number, *take) for number, (_, each) in enumerate(redemptions) for take in each.takes]
    signer = np.array([signers.index(each.signer) for each in acts], np.int64)
    tables = (members, act_ids, hashes, hashes)
    index, house, time_us, tariff, amount, balance, expires_us = np.array(facts, np.int64).T
    columns = (signer, index, house, time_us, tariff, amount, balance, expires_us)
    rows = np.array([row for row, _ in redemptions], np.int64)
    places, lots, points = np.array(taken, np.int64).reshape(-1, 3).T
    spent = Redemptions(rows, [each.money or "" for _, each in redemptions], places, lots, points)
    return OrdinaryRows(signers, *columns, *tables, {}, spent)


def spoilt(told: OrdinaryAct, lots: list[int]) -> Iterator[OrdinaryAct]:
    """The same act with one thing that the rules do not give. `lots`: others that it might take from."""
    amount, balance, takes = told.amount, told.balance_after, told.takes
    yield replace(told, balance_after=balance + 1)
    yield replace(told, balance_after=balance - 1)
    yield replace(told, amount=amount + 1)
    if not takes:
        return
    yield replace(told, amount=amount + 1, balance_after=balance - 1)
    yield replace(told, money=f"{told.money}post position:bakery position:cinema EUR 1\n")
    (first, points), *others = takes
    yield replace(told, takes=((first, points + 1), *others))
    yield replace(told, takes=(*takes, (first, 0)))
    for lot in lots:
        if lot != first:
            yield replace(told, takes=((lot, points), *others))
    if others:
        (second, more), *rest = others
        yield replace(told, takes=tuple(reversed(takes)))
        yield replace(told, takes=((first, points + more), *rest))
        yield replace(told, takes=((first, points + 1), (second, more - 1), *rest))
        yield replace(told, takes=((first, points - 1), (second, more + 1), *rest))
