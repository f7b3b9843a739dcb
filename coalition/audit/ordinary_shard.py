"""The ordinary acts of one shard as they come: those of quiet members into columns, the others into the books."""

from collections.abc import Iterator, Sequence

import numpy as np

from coalition.audit.arrays import Numbers, Truths, rows_of, spelled_id
from coalition.audit.history import History
from coalition.audit.ordinary_acts import OrdinaryAct, OrdinaryActs
from coalition.audit.ordinary_leaves import is_by_activity, is_free
from coalition.audit.ordinary_rows import ISSUE, OrdinaryRows
from coalition.audit.put_aside import PutAside
from coalition.audit.quiet_lots import InDoubtError, QuietLots
from coalition.audit.quiet_members import LOUD, UNKNOWN, QuietMembers
from coalition.audit.redemption_money import RedemptionMoney
from coalition.audit.tallied import Sums
from settlement.ledger.book import Wallet
from settlement.ledger.chart import pending, wallet
from settlement.ledger.rules.pricing import Posts
from settlement.money import POINTS

SHORT = 64
"""In runs of fewer acts arrays cost more than they save."""


class OrdinaryShard:
    """`act_ids`: where it is noted which act an entry was. `originals`: ids of acts that are undone later. `quiet`: whether
    members are quiet at first.
    """

    def __init__(
        self,
        history: History,
        shard: int,
        act_ids: dict[int, str],
        *,
        originals: frozenset[bytes],
        quiet: bool,
    ) -> None:
        self._history, self._shard = history, shard
        self._originals, self._starts_quiet = originals, quiet
        self._quiet = QuietMembers(shard)
        self._acts = OrdinaryActs(history, shard, act_ids)
        self.put_aside = PutAside(history, shard)
        self._money = RedemptionMoney(history.house)

    def enrol(self, member: str) -> None:
        """A new member."""
        self._quiet.add(member)
        self._history.tally.members[member] = self._shard
        if not self._starts_quiet:
            self.end_quiet(member)

    def end_quiet(self, member: str) -> bool:
        """Makes the member's wallet, and decides its acts so far one by one. Whether it was quiet. InDoubtError."""
        acts = self._quiet.end_quiet(member)
        if acts is None:
            return False
        self._history.book(self._shard).wallets[member] = Wallet(0)
        for act in acts:
            if self._acts.take(act) is None:
                raise InDoubtError
        return True

    def take(self, run: OrdinaryRows, cycle: int) -> int:
        """Takes acts in, up to the first of which anything does not hold; nothing is changed by that one."""
        self.put_aside.begin(cycle)
        if len(run) < SHORT:
            return self._take_one_by_one(run)
        self._quiet.note_issues(run)
        codes = self._codes_of(run)
        done, posts = self._first_strange(run, codes), self._posts_of_redemptions(run)
        for code in np.unique(codes[self._doubtful(run, posts) & (codes >= 0)]).tolist():
            self.end_quiet(self._quiet.name(code))
            codes[codes == code] = LOUD
        loud = np.flatnonzero(codes[:done] == LOUD).tolist()
        for place, act in zip(loud, acts_of(run, loud), strict=True):
            if not self._take_loud(act):
                done = place
                break
        self._take_quiet(run, np.flatnonzero(codes[:done] >= 0), codes, posts)
        return done

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

    def _take_one_by_one(self, run: OrdinaryRows) -> int:
        """Of few acts all are decided as they come."""
        wallets, aliases = self._history.book(self._shard).wallets, self._history.aliases
        for place, act in enumerate(acts_of(run, range(len(run)))):
            alias = run.aliases.get(act.index)
            is_meant = alias is None or aliases.get(alias) == act.member
            if not (is_meant and act.member in wallets and self._take_loud(act)):
                return place
        return len(run)

    def _first_strange(self, run: OrdinaryRows, codes: Numbers) -> int:
        """The place of the first act of a member that is not here, or that is named by an alias which is not its own."""
        strange = np.flatnonzero(codes == UNKNOWN)[:1].tolist()
        for index, alias in run.aliases.items():
            place = int(np.searchsorted(run.index, index))
            if self._history.aliases.get(alias) != spelled_id(run.member[place].tobytes()):
                strange.append(place)
        return int(min([len(run), *strange]))

    def _doubtful(self, run: OrdinaryRows, posts: dict[int, Posts]) -> Truths:
        """Acts that cannot be put off: under a tariff by which an act moves the expiry of lots, redemptions without postings, and
        what is undone later.
        """
        if is_by_activity(self._history.house.tariff):
            return np.ones(len(run), np.bool_)
        doubtful = np.zeros(len(run), np.bool_)
        doubtful[run.redemptions.row] = True
        doubtful[list(posts)] = False
        if self._originals:
            doubtful |= np.array([act_id in self._originals for act_id in rows_of(run.act_id)], np.bool_)
        return doubtful

    def _posts_of_redemptions(self, run: OrdinaryRows) -> dict[int, Posts]:
        """By place the postings of those whose lots ordinary issues made, and whose leaves say the same."""
        redemptions, found, funders = run.redemptions, dict[int, Posts](), self._quiet.funders
        made_by, under = [each.tolist() for each in self._quiet.makers(redemptions.lot)]
        points, places = redemptions.points.tolist(), redemptions.row.tolist()
        stops = np.searchsorted(redemptions.redemption, np.arange(len(places)), side="right").tolist()
        partners, start = [partner for _, partner, _ in run.signers], 0
        tariff, signers = self._history.house.tariff_number, run.signer[redemptions.row].tolist()
        for place, signer, money, stop in zip(places, signers, redemptions.money, stops, strict=True):
            span, start = slice(start, stop), stop
            if UNKNOWN not in made_by[span]:
                slices = [
                    (funders[maker], *lot)
                    for maker, *lot in zip(made_by[span], under[span], points[span], strict=True)
                ]
                posts, lines = self._money.posts(partners[signer], slices, tariff)
                if lines == money:
                    found[place] = posts
        return found

    def _take_loud(self, act: OrdinaryAct) -> bool:
        taken = self._acts.take(act)
        if taken is None:
            return False
        posts, spent = taken
        kind, partner, _ = act.signer
        self.put_aside.points(kind, partner, act.amount)
        self.put_aside.money(posts, self._history.house.tariff)
        for funder, points in spent:
            self.put_aside.spent(funder, points)
        return True

    def _take_quiet(
        self, run: OrdinaryRows, places: Numbers, codes: Numbers, posts: dict[int, Posts]
    ) -> None:
        aside, house = self.put_aside, self._history.house
        self._quiet.take(run, places, codes[places])
        signers, amounts = run.signer[places], run.amount[places]
        for signer, amount, count in sums_by(signers, amounts):
            kind, partner, _ = run.signers[signer]
            aside.points(kind, partner, amount, count)
        quiet = set(places.tolist())
        for place, each in posts.items():
            if place in quiet:
                aside.money(each, house.tariff)
        free = is_free(house, house.tariff_number)
        for signer, amount in () if free else zip(signers.tolist(), amounts.tolist(), strict=True):
            kind, partner, _ = run.signers[signer]
            if kind == ISSUE:
                aside.money(self._acts.money_of_issue(partner, amount, house.tariff_number), house.tariff)
        taken = np.isin(run.redemptions.row[run.redemptions.redemption], places)
        made_by, _ = self._quiet.makers(run.redemptions.lot[taken])
        for funder, points, _ in sums_by(made_by, run.redemptions.points[taken]):
            aside.spent(self._quiet.funders[funder], points)


def acts_of(run: OrdinaryRows, places: Sequence[int]) -> Iterator[OrdinaryAct]:
    """The acts at these places of a run."""
    columns = (run.signer, run.index, run.time_us, run.amount, run.balance_after, run.tariff)
    rows = list(zip(*[column.tolist() for column in columns], strict=True))
    act_ids, members, spent = rows_of(run.act_id), rows_of(run.member), run.redemptions.by_row()
    for place in places:
        signer, index, time_us, amount, balance_after, tariff = rows[place]
        takes, money = spent.get(place, ((), None))
        yield OrdinaryAct(
            run.signers[signer],
            index,
            time_us,
            spelled_id(act_ids[place]),
            spelled_id(members[place]),
            amount,
            balance_after,
            tariff,
            takes,
            money,
        )


def sums_by(places: Numbers, amounts: Numbers) -> list[tuple[int, int, int]]:
    """For each place that is there: the sum of its amounts, and how many they are."""
    order = np.argsort(places, kind="stable")
    distinct, starts, counts = np.unique(places[order], return_index=True, return_counts=True)
    sums = np.add.reduceat(amounts[order], starts) if len(starts) else starts
    return list(zip(distinct.tolist(), sums.tolist(), counts.tolist(), strict=True))
