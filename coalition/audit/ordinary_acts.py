"""What ordinary acts do to the books: the rules of accepted issues, redemptions and enrolments once more, where nothing is rare.

They say only what such an act takes and leaves, and what changes then. An act of which any of this does not hold is left to the
rules themselves, which know all cases; a test holds both against each other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

from coalition.audit.arrays import rows_of, spelled_id
from coalition.audit.history import History
from coalition.audit.ordinary_leaves import spell_posts
from coalition.audit.ordinary_rows import ISSUE, OrdinaryRows, Signer
from coalition.audit.tallied import Sums, TalliedLot
from settlement.errors import CoalitionError
from settlement.ledger.book import Book, Lot, Original, Wallet
from settlement.ledger.chart import wallet
from settlement.ledger.rules.expiry import expiry_of, notice_of
from settlement.ledger.rules.points import slices_of
from settlement.ledger.rules.pricing import Posts, money_of_issue, money_of_redemption, priced
from settlement.money import POINTS, WALLET_MAX

Taken = tuple[Posts, list[tuple[str, int]]]
"""The money of an act; by funder the points that it spends."""


@dataclass(frozen=True, slots=True)
class OrdinaryAct:
    """An issue or a redemption, of which the leaf is known to say nothing else. `takes`: lots by the entries that made them, and
    how many points are taken out of each. `money`: the lines of a redemption's money; None: they were compared already.
    """

    signer: Signer
    index: int
    time_us: int
    act_id: str
    member: str
    amount: int
    balance_after: int
    tariff: int
    takes: tuple[tuple[int, int], ...]
    money: str | None


class OrdinaryActs:
    """Those of one shard, one by one. `act_ids`: where it is noted which act an entry was."""

    def __init__(self, history: History, shard: int, act_ids: dict[int, str]) -> None:
        self._history, self._house, self._shard = history, history.house, shard
        self._tally, self._act_ids = history.tally, act_ids
        self.money_of_issue = lru_cache(maxsize=100_000)(partial(money_of_issue, history.house))
        """Of who issues, points and tariff."""

    @cached_property
    def _book(self) -> Book:
        return self._history.book(self._shard)

    def take(self, act: OrdinaryAct) -> Taken | None:
        """Takes an act in. Returns what else follows; None if anything here does not hold: then nothing is changed."""
        return self._issue(act) if act.signer[0] == ISSUE else self._redeem(act)

    def _issue(self, act: OrdinaryAct) -> Taken | None:
        partner, member, amount, tariff, now_us = (
            act.signer[1],
            act.member,
            act.amount,
            act.tariff,
            act.time_us,
        )
        known = self._wallet(member)
        if known is None:
            return None
        own, sums = known
        if own.balance + amount != act.balance_after or own.most + amount > WALLET_MAX or own.arrears:
            return None
        terms = self._house.tariffs[tariff]
        date_us, idle = expiry_of(terms.expiry, now_us)
        facts = (member, partner, POINTS, amount, amount, date_us, tariff, idle)
        lot = Lot(act.index, 0, *facts, notice_us=notice_of(date_us, terms.notice_days, now_us))
        self._book.add_lot(lot)
        self._book.note_activity(member, now_us)
        self._tally.open_lot((self._shard, act.index, 0), TalliedLot(*facts))
        sums.second += amount
        self._remember(act, sums, ((lot.name, amount),))
        return self.money_of_issue(partner, amount, tariff), []

    def _redeem(self, act: OrdinaryAct) -> Taken | None:
        partner, member, amount, now_us = act.signer[1], act.member, act.amount, act.time_us
        known = self._wallet(member)
        if known is None:
            return None
        own, sums = known
        try:
            refusal, slices = slices_of(self._book, member, POINTS, amount, now_us)
        except CoalitionError:
            return None
        names = tuple([((lot.index, lot.place), points) for lot, points in slices])
        if refusal is not None or own.balance - amount != act.balance_after:
            return None
        if names != tuple([((lot, 0), points) for lot, points in act.takes]):
            return None
        posts = money_of_redemption(self._house, partner, priced(slices), act.tariff)
        tallied = self._tallied(slices)
        if tallied is None or (act.money is not None and spell_posts(posts) != act.money):
            return None
        self._book.note_activity(member, now_us)
        for (lot, points), same in zip(slices, tallied, strict=True):
            self._book.take(lot, points)
            same.remaining -= points
        sums.first += amount
        self._remember(act, sums, names)
        return posts, [(lot.funder, points) for lot, points in slices]

    def _tallied(self, slices: Sequence[tuple[Lot, int]]) -> list[TalliedLot] | None:
        found: list[TalliedLot] = []
        for lot, _ in slices:
            same = self._tally.lots.get((self._shard, lot.index, lot.place))
            if same is None or same.remaining != lot.remaining:
                return None
            found.append(same)
        return found

    def _wallet(self, member: str) -> tuple[Wallet, Sums] | None:
        """The member's wallet and what is posted to it, if both are the same."""
        own = self._book.wallets.get(member)
        if own is None:
            return None
        sums = self._tally.balances.get((self._shard, wallet(member), POINTS), Sums())
        return (own, sums) if sums.second - sums.first == own.balance else None

    def _remember(
        self, act: OrdinaryAct, sums: Sums, slices: tuple[tuple[tuple[int, int], int], ...]
    ) -> None:
        """What is posted to the wallet, and what a reversal will ask for."""
        self._tally.balances[self._shard, wallet(act.member), POINTS] = sums
        kind, partner, _ = act.signer
        original = Original(act.index, kind, act.member, act.amount, slices, act.tariff)
        self._book.originals[partner, act.act_id] = original
        self._act_ids[act.index] = act.act_id


def acts_of(rows: OrdinaryRows, places: Sequence[int]) -> Iterator[OrdinaryAct]:
    """The acts at these places."""
    numbers = [
        column[places].tolist()
        for column in (rows.signer, rows.index, rows.time_us, rows.amount, rows.balance_after, rows.tariff)
    ]
    names = rows_of(rows.act_id[places]), rows_of(rows.member[places])
    spent = rows.redemptions.by_row()
    for place, signer, index, time_us, amount, balance_after, tariff, act_id, member in zip(
        places, *numbers, *names, strict=True
    ):
        yield OrdinaryAct(
            rows.signers[signer],
            index,
            time_us,
            spelled_id(act_id),
            spelled_id(member),
            amount,
            balance_after,
            tariff,
            *spent.get(place, ((), None)),
        )
