"""What ordinary acts do to the books: the rules of accepted issues, redemptions and enrolments once more, where nothing is rare.

They say only how such a leaf must end, and what changes then. An act of which any of this does not hold is left to the rules
themselves, which know all cases; a test holds both against each other.
"""

from collections.abc import Container, Sequence
from typing import TypeAlias

from coalition.audit.history import History
from coalition.audit.ordinary import Ordinary, spell_time
from coalition.audit.plain_payload import Signer
from coalition.audit.tallied import Sums, TalliedLot
from settlement.errors import CoalitionError
from settlement.journal.leaf import Transfer
from settlement.ledger.book import NEVER_US, Lot, Original, Wallet
from settlement.ledger.chart import issued, redeemed, wallet
from settlement.ledger.rules.expiry import expiry_of, notice_of
from settlement.ledger.rules.points import slices_of
from settlement.ledger.rules.pricing import money_of_issue, money_of_redemption, priced
from settlement.money import POINTS, WALLET_MAX

Leg: TypeAlias = tuple[str, str, str]
"""Debit, credit and asset of postings."""


class OrdinaryActs:
    """Those of one shard. `originals`: ids of acts that are reversed later; `act_ids`: where such an entry's act is noted."""

    def __init__(
        self, history: History, shard: int, originals: Container[str], act_ids: dict[int, str]
    ) -> None:
        self._house, self._aliases, self._shard = history.house, history.aliases, shard
        self._book, self._tally, self._taxed = history.book(shard), history.tally, history.taxed
        self._originals, self._act_ids = originals, act_ids
        self._posted: dict[str, Sums] = {}
        self._points: dict[Signer, list[int]] = {}
        self._money: dict[Leg, list[int]] = {}
        self._spent: dict[str, int] = {}
        self._cycle = 0

    def take(self, run: Sequence[Ordinary], cycle: int) -> int:
        """Takes the acts in, up to the first of which anything here does not hold; nothing is changed by that one."""
        if cycle != self._cycle:
            self.add_up()
            self._cycle = cycle
        house = self._house
        free = not money_of_issue(house, house.founded.operator, 1, house.tariff_number)
        lasting = house.tariff.expiry == "never"
        for done, item in enumerate(run):
            kind = item[0][0]
            if kind == "issue":
                taken = self._issue(item, free=free, lasting=lasting)
            elif kind == "redeem":
                taken = self._redeem(item)
            else:
                taken = self._enrol(item)
            if not taken:
                return done
        return len(run)

    def add_up(self) -> None:
        """Adds to the sums what was put aside for the accounts of partners."""
        for (kind, partner, _), (amount, count) in self._points.items():
            leg = (issued(partner), "", POINTS) if kind == "issue" else ("", redeemed(partner), POINTS)
            self._tally.post_many(self._shard, self._cycle, Transfer(*leg, amount), count)
        for (debit, credit, asset), (amount, count) in self._money.items():
            total = Transfer(debit, credit, asset, amount)
            self._tally.post_many(self._shard, self._cycle, total, count)
        for funder, points in self._spent.items():
            self._tally.spent[funder, POINTS] += points
        self._points.clear()
        self._money.clear()
        self._spent.clear()

    def _issue(self, item: Ordinary, *, free: bool, lasting: bool) -> bool:
        signer, _, index, now_us, act_id, member, aliases, amount, end, balance_after, _, _ = item
        known = self._wallet(member, aliases)
        if known is None:
            return False
        own, sums = known
        if own.balance + amount != balance_after or own.most + amount > WALLET_MAX or own.arrears:
            return False
        partner, terms, tariff = signer[1], self._house.tariff, self._house.tariff_number
        date_us, idle = (NEVER_US, None) if lasting else expiry_of(terms.expiry, now_us)
        expiry = "never" if lasting else spell_time(date_us) if idle is None else f"activity-{idle}"
        money = () if free else money_of_issue(self._house, partner, amount, tariff)
        if end != (
            f"post issued:{partner} wallet:{member} {POINTS} {amount}\n{_lines(money)}"
            f"lot new {partner} {POINTS} {amount} {expiry} {tariff}\nresult ok\n"
        ):
            return False
        notice_us = None if lasting else notice_of(date_us, terms.notice_days, now_us)
        facts = (member, partner, POINTS, amount, amount, date_us, tariff, idle)
        lot = Lot(index, 0, *facts, notice_us=notice_us)
        self._book.add_lot(lot)
        self._book.note_activity(member, now_us)
        self._tally.open_lot((self._shard, index, 0), TalliedLot(*facts))
        if member not in self._posted:
            self._posted[member] = self._tally.balances[self._shard, wallet(member), POINTS] = sums
        sums.second += amount
        self._put_aside(signer, amount, money)
        self._taxed.post(self._shard, money, terms)
        if act_id in self._originals:
            self._remember(item, ((lot.name, amount),))
        return True

    def _redeem(self, item: Ordinary) -> bool:
        signer, _, _, now_us, act_id, member, aliases, amount, end, balance_after, _, _ = item
        known, house, partner = self._wallet(member, aliases), self._house, signer[1]
        most = house.tariff.consent_above
        if known is None or (most is not None and amount > most):
            return False
        own, sums = known
        try:
            refusal, slices = slices_of(self._book, member, POINTS, amount, now_us)
        except CoalitionError:
            return False
        if refusal is not None or own.balance - amount != balance_after:
            return False
        tallied: list[TalliedLot] = []
        for lot, _ in slices:
            same = self._tally.lots.get((self._shard, lot.index, lot.place))
            if same is None or same.remaining != lot.remaining:
                return False
            tallied.append(same)
        tariff, shard = house.tariff_number, self._shard
        money = money_of_redemption(house, partner, priced(slices), tariff)
        takes = [f"lot take {shard}:{lot.index}.{lot.place} {points}\n" for lot, points in slices]
        if end != (
            f"tariff {tariff}\npost wallet:{member} redeemed:{partner} {POINTS} {amount}\n"
            f"{_lines(money)}{''.join(takes)}result ok\n"
        ):
            return False
        self._book.note_activity(member, now_us)
        for (lot, points), same in zip(slices, tallied, strict=True):
            self._book.take(lot, points)
            same.remaining -= points
            self._spent[same.funder] = self._spent.get(same.funder, 0) + points
        sums.first += amount
        self._put_aside(signer, amount, money)
        if act_id in self._originals:
            self._remember(item, tuple([(lot.name, points) for lot, points in slices]))
        return True

    def _enrol(self, item: Ordinary) -> bool:
        member, aliases, end, balance_after = item[5], item[6], item[8], item[9]
        if member in self._tally.members or any(alias in self._aliases for alias in aliases):
            return False
        if end != "result ok\n" or balance_after != 0:
            return False
        self._book.enrol(member)
        for alias in aliases:
            self._book.link(alias, member)
        self._tally.members[member] = self._shard
        return True

    def _wallet(self, member: str, aliases: tuple[bytes, ...]) -> tuple[Wallet, Sums] | None:
        """The member's wallet and what is posted to it, if the act means this member, and both are the same."""
        own, sums = self._book.wallets.get(member), self._posted.get(member)
        if own is None or (aliases and self._aliases.get(aliases[0]) != member):
            return None
        if sums is None:
            sums = self._tally.balances.get((self._shard, wallet(member), POINTS), Sums())
        return (own, sums) if sums.second - sums.first == own.balance else None

    def _put_aside(self, signer: Signer, points: int, money: Sequence[Transfer]) -> None:
        moved = self._points.get(signer) or self._points.setdefault(signer, [0, 0])
        moved[0] += points
        moved[1] += 1
        for debit, credit, asset, amount in money:
            leg = (debit, credit, asset)
            sums = self._money.get(leg) or self._money.setdefault(leg, [0, 0])
            sums[0] += amount
            sums[1] += 1

    def _remember(self, item: Ordinary, slices: tuple[tuple[tuple[int, int], int], ...]) -> None:
        (kind, partner, _), _, index, _, act_id, member, _, amount, *_ = item
        tariff = self._house.tariff_number
        self._book.originals[partner, act_id] = Original(index, kind, member, amount, slices, tariff)
        self._act_ids[index] = act_id


def _lines(money: Sequence[Transfer]) -> str:
    return "".join([f"post {debit} {credit} {asset} {amount}\n" for debit, credit, asset, amount in money])
