"""The ordinary acts of one shard as they come: those of quiet members into columns, the others into the books."""

from dataclasses import dataclass

import numpy as np

from coalition.audit.arrays import Numbers, Truths, rows_of, spelled_id
from coalition.audit.codes import UNKNOWN
from coalition.audit.coming import Coming
from coalition.audit.history import History
from coalition.audit.ordinary_acts import OrdinaryAct, OrdinaryActs, acts_of
from coalition.audit.ordinary_leaves import is_by_activity, is_free
from coalition.audit.ordinary_rows import ISSUE, OrdinaryRows
from coalition.audit.put_aside import PutAside
from coalition.audit.quiet_lots import InDoubtError, QuietLots
from coalition.audit.quiet_members import LOUD, QuietMembers
from coalition.audit.redemption_money import Makers, Moved, RedemptionMoney
from coalition.audit.tallied import Sums
from settlement.ledger.book import Wallet
from settlement.ledger.chart import pending, wallet
from settlement.money import POINTS


@dataclass(frozen=True, slots=True)
class _Run:
    """Acts that are being taken: their members' codes, the money of redemptions, and whose acts are put off."""

    rows: OrdinaryRows
    codes: Numbers
    money: Moved
    put_off: frozenset[int]


class OrdinaryShard:
    """`act_ids`: where it is noted which act an entry was. `coming`: who is enrolled ahead. `originals`: ids of acts that are
    undone later.
    """

    def __init__(
        self,
        history: History,
        shard: int,
        act_ids: dict[int, str],
        coming: Coming,
        *,
        originals: frozenset[bytes],
    ) -> None:
        self._history, self._shard, self._coming = history, shard, coming
        self._originals = originals
        self._quiet = QuietMembers(shard)
        self._acts = OrdinaryActs(history, shard, act_ids)
        self.put_aside = PutAside(history, shard)
        self._money = RedemptionMoney(history.house)
        self._enrolled: list[int] = []
        """Entries by which members came since `begin` was called last; they have the last codes."""
        self._run: _Run | None = None

    def enrol(self, member: str, index: int) -> None:
        """A new member, by this entry; it may come ahead of acts that are taken next."""
        self._quiet.add(member)
        self._enrolled.append(index)

    def end_quiet(self, member: str) -> bool:
        """Makes the member's wallet, and decides its acts so far one by one. Whether it was quiet. InDoubtError."""
        if self._run is not None and self._quiet.code(member) in self._run.put_off:
            raise InDoubtError
        acts = self._quiet.end_quiet(member)
        if acts is None:
            return False
        self._history.book(self._shard).wallets[member] = Wallet(0)
        for act in acts:
            if self._acts.take(act) is None:
                raise InDoubtError
        return True

    def begin(self, rows: OrdinaryRows, cycle: int, named: dict[str, int]) -> list[OrdinaryAct]:
        """Begins to take acts in. Returns those that must be taken one by one: `take` each in its turn, then `finish`.

        `named`: by members whom other entries among these name, the first that does. InDoubtError if anybody acts who is not
        enrolled yet.
        """
        self.put_aside.begin(cycle)
        self._quiet.note_issues(rows)
        codes = self._codes_of(rows)
        self._check_enrolled(rows, codes, named)
        for member in named:
            self.end_quiet(member)
        if named:
            codes = self._quiet.codes(rows.member)
        self._end_quiet_of(codes, self._strange(rows))
        makers = Makers(*self._quiet.makers(rows.redemptions.lot), self._quiet.funders)
        money = self._money.moved(rows, makers, self._history.house.tariff_number)
        unpriced = np.zeros(len(rows), np.bool_)
        unpriced[rows.redemptions.row] = ~money.known()
        self._end_quiet_of(codes, unpriced)
        self._run = _Run(rows, codes, money, frozenset(codes[codes >= 0].tolist()))
        return list(acts_of(rows, np.flatnonzero(codes < 0).tolist()))

    def take(self, act: OrdinaryAct, alias: bytes | None) -> bool:
        """Takes one in; False, and nothing is changed, if not all holds of it. `alias`: by which it names the member, if so."""
        history = self._history
        if alias is not None and self._coming.owner(alias) != act.member:
            return False
        if act.member not in history.book(self._shard).wallets:
            return False
        taken = self._acts.take(act)
        if taken is None:
            return False
        posts, spent = taken
        kind, partner, _ = act.signer
        self.put_aside.points(kind, partner, act.amount)
        self.put_aside.money(posts, history.house.tariff)
        for funder, points in spent:
            self.put_aside.spent(funder, points)
        return True

    def finish(self) -> None:
        """Takes in all that were put off."""
        run, self._run = self._run, None
        if run is not None:
            self._put_off(run, np.flatnonzero(run.codes >= 0))

    def settle(self) -> QuietLots:
        """Decides all acts of quiet members again, and puts their wallets in. InDoubtError."""
        wrong, lots = self._quiet.settle()
        for member in wrong:
            self.end_quiet(member)
        if wrong:
            wrong, lots = self._quiet.settle()
        if wrong:
            raise InDoubtError
        wallets, balances = self._history.book(self._shard).wallets, self._history.tally.balances
        for member, issued, spent in lots.wallets():
            wallets[member] = Wallet(issued - spent)
            if any((self._shard, name(member), POINTS) in balances for name in (wallet, pending)):
                raise InDoubtError
            if issued:
                balances[self._shard, wallet(member), POINTS] = Sums(spent, issued)
        return lots

    def _codes_of(self, run: OrdinaryRows) -> Numbers:
        """Whoever came with an opening, or went the long way when it enrolled, is not quiet."""
        codes, wallets = self._quiet.codes(run.member), self._history.book(self._shard).wallets
        unknown = set(rows_of(run.member[codes == UNKNOWN]))
        known = [member for each in unknown if (member := spelled_id(each)) in wallets]
        for member in known:
            self._quiet.add_loud(member)
        return self._quiet.codes(run.member) if known else codes

    def _check_enrolled(self, rows: OrdinaryRows, codes: Numbers, named: dict[str, int]) -> None:
        """That nobody acts before the entry that enrols it, of those who were enrolled since the last time."""
        first = len(self._quiet) - len(self._enrolled)
        since, self._enrolled = np.array(self._enrolled, np.int64), []
        fresh = codes >= first
        early = bool((rows.index[fresh] < since[codes[fresh] - first]).any())
        for member, index in named.items():
            code = self._quiet.code(member)
            early |= code >= first and index < since[code - first]
        if early:
            raise InDoubtError

    def _end_quiet_of(self, codes: Numbers, which: Truths) -> None:
        """Of whoever did these acts."""
        ended = np.unique(codes[which & (codes >= 0)])
        for code in ended.tolist():
            self.end_quiet(self._quiet.name(code))
        codes[np.isin(codes, ended)] = LOUD

    def _strange(self, rows: OrdinaryRows) -> Truths:
        """Acts that cannot be put off: under a tariff by which an act moves the expiry of lots, those that name by an alias which
        is not the member's, and what is undone later.
        """
        if is_by_activity(self._history.house.tariff):
            return np.ones(len(rows), np.bool_)
        strange = np.zeros(len(rows), np.bool_)
        for index, alias in rows.aliases.items():
            place = int(np.searchsorted(rows.index, index))
            strange[place] = self._coming.owner(alias) != spelled_id(rows.member[place].tobytes())
        if self._originals:
            strange |= np.array([act_id in self._originals for act_id in rows_of(rows.act_id)], np.bool_)
        return strange

    def _put_off(self, run: _Run, places: Numbers) -> None:
        aside, house, rows = self.put_aside, self._history.house, run.rows
        self._quiet.take(rows, places, run.codes[places])
        signers, amounts = rows.signer[places], rows.amount[places]
        for signer, amount, count in sums_by(signers, amounts):
            kind, partner, _ = rows.signers[signer]
            aside.points(kind, partner, amount, count)
        quiet, money = np.isin(rows.redemptions.row, places), run.money
        alike = quiet & (money.unit != UNKNOWN)
        for unit, points, count in sums_by(money.unit[alike], money.points[alike]):
            aside.alike(self._money.units[unit], points, count)
        for place, each in money.posts.items():
            if quiet[place]:
                aside.money(each, house.tariff)
        free = is_free(house, house.tariff_number)
        for signer, amount in () if free else zip(signers.tolist(), amounts.tolist(), strict=True):
            kind, partner, _ = rows.signers[signer]
            if kind == ISSUE:
                aside.money(self._acts.money_of_issue(partner, amount, house.tariff_number), house.tariff)
        taken = quiet[rows.redemptions.redemption]
        made_by, _ = self._quiet.makers(rows.redemptions.lot[taken])
        for funder, points, _ in sums_by(made_by, rows.redemptions.points[taken]):
            aside.spent(self._quiet.funders[funder], points)


def sums_by(places: Numbers, amounts: Numbers) -> list[tuple[int, int, int]]:
    """For each place that is there: the sum of its amounts, and how many they are."""
    order = np.argsort(places, kind="stable")
    distinct, starts, counts = np.unique(places[order], return_index=True, return_counts=True)
    sums = np.add.reduceat(amounts[order], starts) if len(starts) else starts
    return list(zip(distinct.tolist(), sums.tolist(), counts.tolist(), strict=True))
