"""Members of whom nothing but ordinary acts is known: what they did, in columns.

A member stops being quiet when anybody asks for its wallet: then its acts so far are decided again one by one, and all others as
they come. Of those who are quiet to the end `settle` decides all acts at once.
"""

import numpy as np

from coalition.audit.arrays import UUID_BYTES, Bytes, Numbers, Truths, id_bytes, spelled_id
from coalition.audit.codes import UNKNOWN, Codes
from coalition.audit.growing import Growing
from coalition.audit.ordinary_acts import OrdinaryAct
from coalition.audit.ordinary_rows import OrdinaryRows, Signer
from coalition.audit.quiet_lots import Acts, Decided, QuietLots, Takes, decide_all

LOUD = -2
_COLUMNS = ("time_us", "amount", "balance_after", "expires_us", "tariff")


class QuietMembers:
    """Those of one shard."""

    def __init__(self, shard: int) -> None:
        self._shard = shard
        self._codes = Codes()
        self._names: list[str] = []
        self._by_name: dict[str, int] = {}
        self._is_quiet, self._last = Growing(np.bool_), Growing(np.int64)
        """By code: whether the member still is, and the place of its last act in the columns; -1: none."""
        self._signers: dict[Signer, int] = {}
        self.funders: list[str] = []
        """The partners who signed, by place."""
        self._of_run: tuple[list[Signer], Numbers] = [], np.zeros(0, np.int64)
        self._code, self._index, self._signer, self._redemption = [Growing(np.int64) for _ in range(4)]
        self._before = Growing(np.int64)
        """The place of the member's act before; -1: none."""
        self._columns = {name: Growing(np.int64) for name in _COLUMNS}
        self._act_ids = Growing(np.uint8, UUID_BYTES)
        self._take_ends, self._lots, self._points = [Growing(np.int64) for _ in range(3)]
        self._made_by, self._made_under = Growing(np.int64), Growing(np.int64)
        """By entry number: the place of who signed an issue, -1 if it is no issue to a quiet member; and its tariff."""

    def __len__(self) -> int:
        return len(self._names)

    def add(self, member: str) -> None:
        """A member is new, and did nothing yet. Codes are given in turn."""
        self._by_name[member] = len(self._names)
        self._codes.add(id_bytes(member), len(self._names))
        self._names.append(member)

    def add_loud(self, member: str) -> None:
        """A member is not quiet from the beginning."""
        self._codes.add(id_bytes(member), LOUD)

    def codes(self, members: Bytes) -> Numbers:
        """Of members by the bytes of their ids: LOUD for those no longer quiet, UNKNOWN for others."""
        self._count_in()
        codes = self._codes.of(members)
        named = np.flatnonzero(codes >= 0)
        codes[named[~self._is_quiet.values[codes[named]]]] = LOUD
        return codes

    def code(self, member: str) -> int:
        """A quiet member's code; UNKNOWN for others."""
        return self._by_name.get(member, UNKNOWN)

    def name(self, code: int) -> str:
        """Whose code it is."""
        return self._names[code]

    def makers(self, lots: Numbers) -> tuple[Numbers, Numbers]:
        """Of lots by the entries that made them: the place of who signed, or UNKNOWN; and the tariff."""
        known = lots < len(self._made_by)
        at = np.where(known, lots, 0)
        if not len(self._made_by):
            return np.full(len(lots), UNKNOWN), at
        return np.where(known, self._made_by.values[at], UNKNOWN), self._made_under.values[at]

    def note_issues(self, rows: OrdinaryRows) -> None:
        """Remembers who makes lots by the acts of a run. Whether they are quiet members' is known when they are taken."""
        issues = np.ones(len(rows), np.bool_)
        issues[rows.redemptions.row] = False
        indexes = rows.index[issues]
        missing = int(indexes.max(initial=-1)) + 1 - len(self._made_by)
        if missing > 0:
            self._made_by.extend(np.full(missing, UNKNOWN))
            self._made_under.extend(np.zeros(missing, np.int64))
        self._made_by.values[indexes] = self._places(rows)[rows.signer[issues]]
        self._made_under.values[indexes] = rows.tariff[issues]

    def take(self, rows: OrdinaryRows, places: Numbers, codes: Numbers) -> None:
        """Adds the acts at these places of a run; `codes` of their members."""
        is_redemption = np.isin(places, rows.redemptions.row)
        signer = self._places(rows)[rows.signer[places]]
        self._link(codes)
        self._code.extend(codes)
        self._index.extend(rows.index[places])
        self._signer.extend(signer)
        for name, column in self._columns.items():
            column.extend(getattr(rows, name)[places])
        self._act_ids.extend(rows.act_id[places])
        self._take_redemptions(rows, places, is_redemption)

    def end_quiet(self, member: str) -> list[OrdinaryAct] | None:
        """A quiet member is so no longer: its acts, in order. None if it was not."""
        code = self._by_name.pop(member, None)
        if code is None:
            return None
        self._count_in()
        self._is_quiet.values[code] = False
        own, number = list[int](), int(self._last.values[code])
        while number >= 0:
            own.append(number)
            number = int(self._before.values[number])
        signers = list(self._signers) if own else []
        return [self._act(number, member, signers) for number in reversed(own)]

    def settle(self) -> tuple[list[str], QuietLots]:
        """Decides all acts of all quiet members again. Members of whom one does not hold; if there are none, the lots of all."""
        self._count_in()
        kept = np.flatnonzero(self._is_quiet.values[self._code.values])
        order = kept[np.argsort(self._code.values[kept], kind="stable")]
        acts = self._ordered(order)
        decided = decide_all(acts, self._takes(acts.redemption))
        return [self._names[code] for code in decided.wrong.tolist()], self._settled(order, acts, decided)

    def _count_in(self) -> None:
        """Members who were added since: they are quiet, and did nothing."""
        new = len(self._names) - len(self._last)
        self._is_quiet.extend(np.ones(new, np.bool_))
        self._last.extend(np.full(new, -1))

    def _link(self, codes: Numbers) -> None:
        """Of the acts that come next, which one of the same member is before each."""
        self._count_in()
        order, start = np.argsort(codes, kind="stable"), len(self._code)
        ordered, last, before = codes[order], self._last.values, np.empty(len(codes), np.int64)
        follows = np.append(False, ordered[1:] == ordered[:-1])[: len(codes)]
        before[order] = np.where(follows, np.roll(order, 1) + start, last[ordered])
        last[ordered] = order + start  # the last one of each member stays
        self._before.extend(before)

    def _places(self, rows: OrdinaryRows) -> Numbers:
        """Of a run's signers, among all; runs of one range have the same."""
        if rows.signers is not self._of_run[0]:
            known = self._signers
            places = [known.setdefault(each, len(known)) for each in rows.signers]
            self.funders += [partner for _, partner, _ in list(known)[len(self.funders) :]]
            self._of_run = rows.signers, np.array(places, np.int64)
        return self._of_run[1]

    def _take_redemptions(self, rows: OrdinaryRows, places: Numbers, is_redemption: Truths) -> None:
        redemptions, known = rows.redemptions, len(self._take_ends)
        mine = np.isin(redemptions.row, places)
        taken = mine[redemptions.redemption]
        counts = np.bincount(redemptions.redemption, minlength=len(mine))[mine]
        before = len(self._lots)
        self._lots.extend(redemptions.lot[taken])
        self._points.extend(redemptions.points[taken])
        self._take_ends.extend(before + counts.cumsum())
        self._redemption.extend(np.where(is_redemption, known + is_redemption.cumsum() - 1, -1))

    def _act(self, number: int, member: str, signers: list[Signer]) -> OrdinaryAct:
        redemption = int(self._redemption.values[number])
        takes: list[tuple[int, int]] = []
        if redemption >= 0:
            start = int(self._take_ends.values[redemption - 1]) if redemption else 0
            span = slice(start, int(self._take_ends.values[redemption]))
            takes = list(
                zip(self._lots.values[span].tolist(), self._points.values[span].tolist(), strict=True)
            )
        time_us, amount, balance_after, _, tariff = [
            int(each.values[number]) for each in self._columns.values()
        ]
        return OrdinaryAct(
            signers[self._signer.values[number]],
            int(self._index.values[number]),
            time_us,
            spelled_id(self._act_ids.values[number].tobytes()),
            member,
            amount,
            balance_after,
            tariff,
            tuple(takes),
            None,
        )

    def _ordered(self, order: Numbers) -> Acts:
        time_us, amount, balance_after, expires_us, _ = [
            each.values[order] for each in self._columns.values()
        ]
        facts = (time_us, amount, balance_after, expires_us)
        return Acts(
            self._code.values[order], self._index.values[order], *facts, self._redemption.values[order]
        )

    def _takes(self, redemption: Numbers) -> Takes:
        acts = np.flatnonzero(redemption >= 0)
        ends = np.append(0, self._take_ends.values)
        starts, counts = ends[redemption[acts]], np.diff(ends)[redemption[acts]]
        at = np.repeat(starts - (counts.cumsum() - counts), counts) + np.arange(counts.sum())
        return Takes(np.repeat(acts, counts), self._lots.values[at], self._points.values[at])

    def _settled(self, order: Numbers, acts: Acts, decided: Decided) -> QuietLots:
        issued, spent = [np.zeros(len(self._names), np.int64) for _ in range(2)]
        is_issue = acts.redemption < 0
        np.add.at(issued, acts.member[is_issue], acts.amount[is_issue])
        np.add.at(spent, acts.member[~is_issue], acts.amount[~is_issue])
        lots = decided.lots
        by_index = lots[np.argsort(acts.index[lots])]
        remaining = np.zeros(len(order), np.int64)
        remaining[lots] = decided.remaining
        return QuietLots(
            self._shard,
            [
                name if is_quiet else None
                for name, is_quiet in zip(self._names, self._is_quiet.values.tolist(), strict=True)
            ],
            self.funders,
            acts.member[by_index],
            self._signer.values[order][by_index],
            acts.index[by_index],
            acts.time_us[by_index],
            acts.amount[by_index],
            remaining[by_index],
            acts.expires_us[by_index],
            self._columns["tariff"].values[order][by_index],
            issued,
            spent,
        )
