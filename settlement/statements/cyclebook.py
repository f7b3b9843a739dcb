"""The values of one closed cycle from which all its statements follow. Pure: the books and an auditor both fill it.

Amounts are in the currency's minor unit. A position is positive when the participant owes the network.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from settlement.clearing.accrual import Accruals, owed_before, owed_within
from settlement.clearing.closing import not_closed
from settlement.clearing.deferring import deferred_of
from settlement.clearing.netting import Obligations, net
from settlement.clock import parse_time
from settlement.errors import CoalitionError
from settlement.house.records import Cycle
from settlement.house.state import House
from settlement.journal.leaf import HOUSE, Entry, Transfer
from settlement.money import ASSETS, POINTS, VALUE
from settlement.statements.purposes import Charges


class CycleNotFoundError(CoalitionError):
    """The network has no cycle of this number."""

    def __init__(self, cycle: int) -> None:
        super().__init__(
            "CYCLE_NOT_FOUND", f"there is no cycle {cycle}; ask for the list of cycles", field="cycle"
        )


@dataclass(frozen=True, slots=True)
class Owed:
    """What a debtor owes a creditor for one cycle, and the postings that made it."""

    amount_minor: int
    count: int

    def __reduce__(self) -> tuple[type["Owed"], tuple[int, int]]:
        """A large cycle has hundreds of thousands, and processes pass them on; a dataclass's own way takes twice as long."""
        return Owed, (self.amount_minor, self.count)


@dataclass(frozen=True, slots=True)
class Tally:
    """Points, or minor units of value, moved by some accepted acts, and how many acts they were."""

    points: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """One partner's accepted acts on points, or on value, in one cycle. A reversal counts in the cycle that recorded it.

    `issues_reversed`: points that came back from members; `arrears_made`: those that members owe instead, `arrears_repaid` what
    they gave back of them. `expired`: points that the partner funded and nobody spent in time, and in how many entries. `late`:
    its own issues, redemptions and reversals that it says occurred before the cycle began.
    """

    issued: Tally = Tally()
    redeemed: Tally = Tally()
    issues_reversed: Tally = Tally()
    redemptions_reversed: Tally = Tally()
    expired: Tally = Tally()
    arrears_made: Tally = Tally()
    arrears_repaid: Tally = Tally()
    late: Tally = Tally()


@dataclass(frozen=True, slots=True)
class CycleBook:
    """One closed cycle. A participant missing from `opening` or `settled` stands at zero there.

    `first_document`: the number of its first statement. `ranges`: shard to its entries of the cycle, the first and the one after
    the last. `opening`: nets of all earlier cycles less the settlements approved by the close before; `settled`: nets of the
    settlements approved since, up to this close, less those aborted. `activity` is on points, `value` on value. `late`: by asset
    and partner. `deferred`: whose nets are too small to be paid, by the tariff in force at the close; the operator settles them.
    `practice`: of the network.
    """

    network: str
    currency: str
    minor_digits: int
    cycle: int
    label: str | None
    first_document: int
    closed_at: int
    closed_at_us: int
    names: Mapping[str, str]
    ranges: Mapping[int, tuple[int, int]]
    obligations: Mapping[tuple[str, str], Owed]
    charges: Charges
    activity: Mapping[str, Activity]
    value: Mapping[str, Activity]
    opening: Mapping[str, int]
    settled: Mapping[str, int]
    late: Mapping[str, Mapping[str, Tally]] = field(default_factory=dict)
    operator: str = ""
    deferred: tuple[str, ...] = ()
    practice: bool = False


LateRow = tuple[str, str, int, int]
"""Asset, partner, points of its late acts, and how many they are. Rows may repeat: they add up."""


def closed_cycle(house: House, cycle: int) -> tuple[Cycle, int]:
    """The record of a closed cycle and its closing house entry.

    CycleNotFoundError for an unknown cycle; CycleNotClosedError for the open one.
    """
    record = house.cycles.get(cycle)
    if record is None:
        raise CycleNotFoundError(cycle)
    if record.closed_at is None:
        raise not_closed(house, cycle)
    return record, record.closed_at


def close_before(house: House, cycle: int) -> int:
    """The house entry that closed the cycle before this one; -1 for the first cycle."""
    before = house.cycles.get(cycle - 1)
    return -1 if before is None or before.closed_at is None else before.closed_at


def with_house(house: House, cycle: int, ranges: Mapping[int, tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """A cycle's ranges of all shards: those of the members' shards, and the house's. Raises as `closed_cycle`."""
    _, closed_at = closed_cycle(house, cycle)
    return {HOUSE: (close_before(house, cycle) + 1, closed_at + 1), **ranges}


def assemble(
    house: House,
    cycle: int,
    *,
    first_document: int,
    closed_at_us: int,
    ranges: Mapping[int, tuple[int, int]],
    accruals: Accruals,
    charges: Charges,
    activity: Mapping[str, Mapping[str, Activity]],
    late: Iterable[LateRow],
) -> CycleBook:
    """The cycle's book from what was recorded. Raises as `closed_cycle`. `activity`: by asset, as `activity_of` has it.

    `house`: any state after the close. `closed_at_us`: time of the closing entry.
    """
    record, closed_at = closed_cycle(house, cycle)
    network, since = house.founded, close_before(house, cycle)
    earlier = net(owed_before(accruals, network.minor_digits)).nets
    owed = owed_within(accruals, network.minor_digits)
    return CycleBook(
        network=network.origin,
        currency=network.currency,
        minor_digits=network.minor_digits,
        cycle=cycle,
        label=record.label,
        first_document=first_document,
        closed_at=closed_at,
        closed_at_us=closed_at_us,
        names={partner.partner_id: partner.name for partner in house.partners.values()},
        ranges=dict(ranges),
        obligations={pair: Owed(amount, accruals[pair].count) for pair, amount in owed.items()},
        charges=charges,
        activity=dict(activity[POINTS]),
        value=dict(activity[VALUE]),
        opening=_opening(earlier, _discharged(house, after=-1, upto=since)),
        settled=_discharged(house, after=since, upto=closed_at),
        late=_late_of(late),
        operator=network.operator,
        deferred=_deferred(house, closed_at, owed),
        practice=network.practice,
    )


def _opening(earlier: Mapping[str, int], discharged: Mapping[str, int]) -> dict[str, int]:
    return {
        name: earlier.get(name, 0) - discharged.get(name, 0) for name in earlier.keys() | discharged.keys()
    }


def _deferred(house: House, closed_at: int, owed: Obligations) -> tuple[str, ...]:
    minimum_minor = house.tariffs[max([at for at in house.tariffs if at < closed_at])].minimum_payment_minor
    if not minimum_minor:
        return ()
    return deferred_of(net(owed).nets, operator=house.operator, minimum_minor=minimum_minor)


def _discharged(house: House, *, after: int, upto: int) -> dict[str, int]:
    """What settlements took off the positions in house entries after one and up to another, less what came back by aborts."""
    taken: dict[str, int] = {}
    for settlement in house.settlements.values():
        for entry, sign in ((settlement.approved_at, 1), (settlement.aborted_at, -1)):
            if entry is not None and after < entry <= upto:
                for participant, amount in settlement.nets.items():
                    taken[participant] = taken.get(participant, 0) + sign * amount
    return taken


_ACTS = {
    ("issued", False): "issued",
    ("redeemed", True): "redeemed",
    ("issued", True): "issues_reversed",
    ("redeemed", False): "redemptions_reversed",
    ("expired", True): "expired",
    ("arrears", False): "arrears_made",
    ("arrears", True): "arrears_repaid",
}
"""(partner's account, whether the points left a member) to the field of `Activity`. Accepted acts only have such postings."""
_OF_PARTNERS = ("issued:", "redeemed:", "expired:")
_ARREARS = "arrears:"


_Leg = tuple[str, str, bool, int, int]
MAY_BE_LATE = ("issue", "redeem", "capture", "reverse")
"""Kinds of entries whose acts statements count, and count as late."""


def activity_of(sums: Iterable[_Leg]) -> dict[str, dict[str, Activity]]:
    """By asset each partner's activity, from (asset, account across from the member's, whether it left the member, how much, how
    many acts).

    Rows may repeat: they add up. Accounts that say nothing of a partner are passed over.
    """
    found: dict[str, dict[str, Activity]] = {asset: {} for asset in ASSETS}
    for asset, account, from_member, points, count in sums:
        purpose, *_, partner = account.split(":")
        field = _ACTS.get((purpose, from_member))
        if field is not None:
            before = found[asset].get(partner, Activity())
            tally: Tally = getattr(before, field)
            found[asset][partner] = replace(
                before, **{field: Tally(tally.points + points, tally.count + count)}
            )
    return found


def points_leg(transfer: Transfer) -> _Leg | None:
    """A posting as a row for `activity_of`; None if it moves neither points nor value between a member and a partner."""
    debit, credit, asset, amount = transfer
    if asset not in ASSETS:
        return None
    if debit.startswith(_ARREARS):
        return asset, debit, False, amount, 1
    if credit.startswith((_ARREARS, *_OF_PARTNERS)):
        return asset, credit, True, amount, 1
    return (asset, debit, False, amount, 1) if debit.startswith(_OF_PARTNERS) else None


def late_act(entry: Entry, began_us: int) -> tuple[str, str, int] | None:
    """Asset, partner and points of an accepted act that is late in a cycle which began at this time; None of any other entry."""
    occurred = entry.get("occurred")
    if entry.kind not in MAY_BE_LATE or entry.refusal is not None or occurred is None:
        return None
    asset, points = entry.one("amount").split(" ")
    return (asset, entry.one("partner"), int(points)) if parse_time(occurred) < began_us else None


def _late_of(rows: Iterable[LateRow]) -> dict[str, dict[str, Tally]]:
    found: dict[str, dict[str, Tally]] = {}
    for asset, partner, points, count in rows:
        before = found.setdefault(asset, {}).get(partner, Tally())
        found[asset][partner] = Tally(before.points + points, before.count + count)
    return found
