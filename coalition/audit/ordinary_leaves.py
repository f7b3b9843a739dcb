"""How the leaves of ordinary issues and redemptions must read, byte for byte, and what they post."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import TypeAlias

import numpy as np

from coalition.audit.arrays import Bytes, Numbers, side_by_side, spelled_times
from coalition.audit.ordinary_rows import ENROL, Take
from settlement.house.state import House
from settlement.house.tariff import Tariff
from settlement.journal.leaf import VERSION_LINE, Transfer
from settlement.ledger.rules.expiry import expiry_of
from settlement.ledger.rules.pricing import money_of_issue
from settlement.money import POINTS

SIG_CHARACTERS = 88
"""64 bytes in base64."""
_POINTS, _VERSION = POINTS.encode(), VERSION_LINE.encode()
_RESULT = b"result ok\n"
_TAKE = b"lot take "
_BOUND = 10**18
"""What a leaf of an ordinary act names is below it, and fits 64 bits."""
Part: TypeAlias = bytes | Bytes
"""Of leaves: the same bytes in all, or a table of as many bytes in each."""


@dataclass(frozen=True, slots=True)
class Said:
    """What leaves of one kind say, as tables of spelled values; a row for each."""

    index: Bytes
    house: Bytes
    time: Bytes
    partner: Bytes
    act_id: Bytes
    member: Bytes
    amount: Bytes
    occurred: Bytes
    payload_sha256: Bytes
    keyid: Bytes


class Issuing:
    """What a tariff makes of issues."""

    def __init__(self, house: House, tariff: int) -> None:
        self._house, self.tariff, self.terms = house, tariff, house.tariffs[tariff]
        self._money = lru_cache(maxsize=100_000)(self._spell_money)
        self._is_free = is_free(house, tariff)

    def money(self, partner: bytes, amount: int) -> bytes:
        """The lines of an issue's money."""
        return b"" if self._is_free else self._money(partner, amount)

    def _spell_money(self, partner: bytes, amount: int) -> bytes:
        return spell_posts(money_of_issue(self._house, partner.decode(), amount, self.tariff)).encode()

    def expiries(self, times_us: Numbers) -> tuple[Bytes, Numbers]:
        """What leaves of these times say of the lot's expiry, and when that is."""
        term = self.terms.expiry
        if term == "never" or is_by_activity(self.terms):
            date, _ = expiry_of(term, 0)
            return side_by_side(len(times_us), [term.encode()]), np.full(len(times_us), date)
        dates = np.array([expiry_of(term, time_us)[0] for time_us in times_us.tolist()], np.int64)
        return spelled_times(dates), dates


def is_free(house: House, tariff: int) -> bool:
    """Whether an issue moves no money."""
    return not money_of_issue(house, house.founded.operator, 1, tariff)


def is_by_activity(terms: Tariff) -> bool:
    """Whether points expire so many months after whatever their member did last."""
    return terms.expiry.startswith("activity-")


def spell_posts(posts: Sequence[Transfer]) -> str:
    """The lines of postings."""
    return "".join([f"post {debit} {credit} {asset} {amount}\n" for debit, credit, asset, amount in posts])


def beginnings(shard: int, kind: str, payload_type: str, said: Said) -> list[Part]:
    """Leaves up to their signatures."""
    first = b"%b\nshard %d\nindex " % (_VERSION, shard)
    at: list[Part] = [
        first,
        said.index,
        b"\nhouse ",
        said.house,
        b"\ntime ",
        said.time,
        b"\nkind %b" % kind.encode(),
    ]
    who: list[Part] = [b"\npartner ", said.partner, b"\nact ", said.act_id, b"\nmember ", said.member]
    what: list[Part] = [b"\namount %b " % _POINTS, said.amount, b"\noccurred ", said.occurred]
    what = [] if kind == ENROL else what
    request: list[Part] = [
        b"\nrequest %b " % payload_type.encode(),
        said.payload_sha256,
        b"\nsig ",
        said.keyid,
        b" ",
    ]
    return [*at, *who, *what, *request]


def issue_ends(tariff: int, said: Said, money: Bytes, expiry: Bytes) -> list[Part]:
    """Leaves of issues behind their signatures, to the end. `money`: its lines."""
    post: list[Part] = [
        b"\npost issued:",
        said.partner,
        b" wallet:",
        said.member,
        b" %b " % _POINTS,
        said.amount,
        b"\n",
    ]
    lot: list[Part] = [
        b"lot new ",
        said.partner,
        b" %b " % _POINTS,
        said.amount,
        b" ",
        expiry,
        b" %d\n" % tariff,
    ]
    return [*post, money, *lot, _RESULT]


def enrol_ends() -> list[Part]:
    """Leaves of enrolments behind their signatures, to the end."""
    return [b"\n", _RESULT]


def redeem_ends(tariff: int, said: Said) -> list[Part]:
    """Leaves of redemptions behind their signatures, up to the lines of money."""
    post: list[Part] = [
        b"\npost wallet:",
        said.member,
        b" redeemed:",
        said.partner,
        b" %b " % _POINTS,
        said.amount,
        b"\n",
    ]
    return [b"\ntariff %d" % tariff, *post]


def read_spendings(shard: int, ends: Sequence[bytes]) -> list[tuple[str, list[Take]] | None]:
    """What stands in leaves of redemptions from the lines of money on: these lines, and which lots are taken from; None if
    anything reads otherwise.
    """
    starts = [end.find(_TAKE) for end in ends]
    lines = [end[start : -len(_RESULT)] for end, start in zip(ends, starts, strict=True)]
    takes: Sequence[list[Take] | None] | None = _read_all_takes(shard, lines)
    if takes is None:
        takes = [_read_takes(shard, each) for each in lines]
    return [
        (end[:start].decode("ascii", errors="replace"), found)
        if start >= 0 and found and end.endswith(_RESULT)
        else None
        for end, start, found in zip(ends, starts, takes, strict=True)
    ]


def _read_all_takes(shard: int, lines: Sequence[bytes]) -> list[list[Take]] | None:
    """All at once, if all are as they must be."""
    words, shard_digits = b"".join(lines).split(), len(b"%d:" % shard)
    try:
        lots = [int(word[shard_digits:-2]) for word in words[2::4]]
        found = list(zip(lots, [int(word) for word in words[3::4]], strict=True))
    except ValueError:
        return None
    if any(max(take) >= _BOUND for take in found):
        return None
    template = b"%b%d:%%d.0 %%d\n" % (_TAKE, shard)
    if b"".join([template % each for each in found]) != b"".join(lines):
        return None
    stops = list(accumulate([each.count(b"\n") for each in lines], initial=0))
    return [found[start:stop] for start, stop in pairwise(stops)]


def _read_takes(shard: int, lines: bytes) -> list[Take] | None:
    begins, found = b"%b%d:" % (_TAKE, shard), list[Take]()
    for line in lines.split(b"\n")[:-1]:
        lot, _, points = line.removeprefix(begins).partition(b".0 ")
        if not (lot.isdigit() and points.isdigit() and max(int(lot), int(points)) < _BOUND):
            return None
        found.append((int(lot), int(points)))
    again = b"".join([b"%b%d.0 %d\n" % (begins, *each) for each in found])
    return found if again == lines else None
