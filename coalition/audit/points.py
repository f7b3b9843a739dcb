"""Where all points are: in total, for each issuer, and between shards. Sums that must agree when the last entry is read."""

from collections import Counter

from coalition.audit.checks import Check
from coalition.audit.replay import Replay
from coalition.audit.tally import Tally
from settlement.money import POINTS

_WHEREABOUTS = ("wallet", "held", "pending", "transit", "redeemed", "expired")
"""Kinds of accounts in which points are that were issued, or are owed."""


def check_points(replay: Replay) -> None:
    """Points issued, and those owed, are in some wallet, hold or transit, spent or over: in total, and those of each issuer."""
    tally, report = replay.tally, replay.report
    issued = _of_partners(tally, "issued:", sign=-1)
    expired = _of_partners(tally, "expired:", sign=1)
    owed = -sum(tally.totals("arrears:", POINTS).values())
    found = {kind: sum(tally.totals(f"{kind}:", POINTS).values()) for kind in _WHEREABOUTS}
    total = sum(issued.values())
    places = ", ".join([f"{points} {kind}" for kind, points in found.items()])
    holds = total + owed == sum(found.values())
    report.require(holds, Check.POINTS, "in total", f"{total} issued, {owed} owed, {places}")
    arrears: Counter[str] = Counter()
    for arrear in tally.arrears.values():
        arrears[arrear.partner] += arrear.quantity
    still, aside, away = _unspent(tally)
    for issuer in sorted({*issued, *still, *aside, *away, *tally.spent, *arrears}):
        spent, over, made_owed = tally.spent.get(issuer, 0), tally.expired.get(issuer, 0), arrears[issuer]
        unspent = still[issuer] + aside[issuer] + away[issuer]
        sentence = (
            f"{issued[issuer]} issued, {made_owed} made arrears, {still[issuer]} in open lots, {aside[issuer]} held, "
            f"{away[issuer]} in transit, {spent} spent, {over} expired, of which {expired[issuer]} posted"
        )
        holds = issued[issuer] + made_owed == unspent + spent + over and over == expired[issuer]
        report.require(holds, Check.POINTS, issuer, sentence)


def check_transits(replay: Replay) -> None:
    """Between two shards stand the points of the transfers that have not arrived."""
    due: Counter[str] = Counter()
    for (shard, _), transit in replay.tally.transits.items():
        points = sum([lot.quantity for lot in transit.lots])
        due[f"transit:{shard}:{transit.to_shard}"] += points if transit.arrived_by is None else 0
    posted = replay.tally.totals("transit:", POINTS)
    for account in sorted(due.keys() | posted.keys()):
        stands, under_way = posted.get(account, 0), due[account]
        sentence = f"{stands} points posted, {under_way} under way"
        replay.report.require(stands == under_way, Check.TRANSITS, account, sentence)


def _of_partners(tally: Tally, prefix: str, *, sign: int) -> Counter[str]:
    totals = tally.totals(prefix, POINTS)
    return Counter({account.removeprefix(prefix): sign * points for account, points in totals.items()})


def _unspent(tally: Tally) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Points by funder: in open lots, in open holds, in transit."""
    still: Counter[str] = Counter()
    aside: Counter[str] = Counter()
    away: Counter[str] = Counter()
    for lot in tally.lots.values():
        still[lot.funder] += lot.remaining
    for name, points in tally.held.items():
        aside[tally.lots[name].funder] += points
    for transit in tally.transits.values():
        for lot in transit.lots if transit.arrived_by is None else ():
            away[lot.funder] += lot.quantity
    return still, aside, away
