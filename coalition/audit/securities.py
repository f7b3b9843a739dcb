"""What is deposited against defaults, and the bank: sums that must agree when the last entry is read."""

from collections import Counter
from collections.abc import Iterator

from coalition.audit.checks import Check
from coalition.audit.replay import Replay
from settlement.house.breaks import WRITE_OFF
from settlement.house.records import Settlement
from settlement.house.security import CAPITAL, COLLATERAL, GUARANTEE, PREFUND, SECURITIES, account_of
from settlement.journal.leaf import HOUSE
from settlement.ledger.chart import SUSPENSE, WRITTEN_OFF
from settlement.money import micros_per_minor


def check_bank(replay: Replay) -> None:
    """In the bank is what legs brought less what they took, what was deposited less what was paid back, and breaks.

    Breaks stand in suspense as well, as long as they are open; what was written off stands for itself.
    """
    unit = micros_per_minor(replay.house.founded.minor_digits)
    legs = sum([_by_bank(settlement) for settlement in _approved(replay)]) * unit
    breaks = replay.house.breaks.values()
    broken = sum([each.amount_minor for each in breaks if each.is_open]) * unit
    written_off = unit * sum(
        [
            each.amount_minor
            for each in breaks
            if each.resolution is not None and each.resolution.kind == WRITE_OFF
        ]
    )
    deposited = sum(replay.deposited.values())
    for account, due in (
        ("bank", legs + deposited + broken + written_off),
        (SUSPENSE, -broken),
        (WRITTEN_OFF, -written_off),
    ):
        stands = -replay.tally.balance(HOUSE, account, replay.house.founded.currency)
        sentence = f"it stands at {stands} micros, {due} follow"
        replay.report.require(stands == due, Check.SETTLEMENTS, account, sentence)


def check_securities(replay: Replay) -> None:
    """Each is what was deposited, less what it paid; only the operator's capital falls below zero."""
    unit = micros_per_minor(replay.house.founded.minor_digits)
    due = Counter(replay.deposited)
    for account, used in _used(replay):
        due[account] -= used * unit
    posted = _posted(replay)
    for account in sorted(due.keys() | posted.keys() | {CAPITAL}):
        stands = posted[account]
        sentence = f"it stands at {stands} micros, {due[account]} follow"
        whole = stands == due[account] and (stands >= 0 or account == CAPITAL)
        replay.report.require(whole, Check.SECURITIES, account, sentence)


def _approved(replay: Replay) -> list[Settlement]:
    return [each for each in replay.house.settlements.values() if each.approved]


def _by_bank(settlement: Settlement) -> int:
    """What a settlement's legs left in the bank, in minor units: a leg that bears another's default was paid less."""
    borne: Counter[str] = Counter()
    for default in settlement.defaults.values():
        borne.update(default.fall.borne)
    legs = settlement.legs
    return sum([legs[name] + borne[name] for name in settlement.paid - settlement.paid_ahead])


def _used(replay: Replay) -> Iterator[tuple[str, int]]:
    """What securities paid for legs, in minor units."""
    for settlement in _approved(replay):
        for name in settlement.paid_ahead:
            yield account_of(PREFUND, name), settlement.legs[name]
        for name, default in settlement.defaults.items():
            yield account_of(COLLATERAL, name), default.fall.collateral
            yield account_of(GUARANTEE, name), default.fall.guarantee
            yield CAPITAL, default.fall.operators


def _posted(replay: Replay) -> Counter[str]:
    currency = replay.house.founded.currency
    return Counter(
        {
            account: sums.second - sums.first
            for (shard, account, asset), sums in replay.tally.balances.items()
            if asset == currency and account.partition(":")[0] in SECURITIES
        }
    )
