"""Where all points are: in total, for each issuer, and between shards. Sums that must agree when the last entry is read."""

from collections import Counter

from coalition.audit.checks import Check
from coalition.audit.quiet_lots import QuietLots
from coalition.audit.replay import Replay
from coalition.audit.tallied import Funded
from coalition.audit.tally import Tally
from settlement.ledger import chart
from settlement.money import ASSETS, POINTS

_WHEREABOUTS = ("wallet", "held", "pending", "transit", "redeemed", "expired")
"""Kinds of accounts in which points are that were issued, or are owed."""


def check_points(replay: Replay) -> None:
    """Points issued, and those owed, are in some wallet, hold or transit, spent or over: in total, and those of each issuer."""
    tally, report = replay.tally, replay.report
    issued = _of_partners(tally, "issued:", sign=-1)
    expired = _of_partners(tally, "expired:", sign=1)
    kinds: Counter[tuple[str, str]] = Counter()
    for (_, account, asset), sums in tally.balances.items():
        kinds[account.partition(":")[0], asset] += sums.second - sums.first
    for asset in ASSETS:
        total, owed = -kinds["issued", asset], -kinds["arrears", asset]
        found = {kind: kinds[kind, asset] for kind in _WHEREABOUTS}
        places = ", ".join([f"{points} {kind}" for kind, points in found.items()])
        holds = total + owed == sum(found.values())
        report.require(holds, Check.POINTS, f"{asset} in total", f"{total} issued, {owed} owed, {places}")
    arrears: Counter[Funded] = Counter()
    for arrear in tally.arrears.values():
        arrears[arrear.partner, arrear.asset] += arrear.quantity
    still, aside, away = _unspent(tally, replay.quiet_lots)
    for issuer in sorted({*issued, *still, *aside, *away, *tally.spent, *arrears}):
        spent, over, made_owed = tally.spent.get(issuer, 0), tally.expired.get(issuer, 0), arrears[issuer]
        unspent = still[issuer] + aside[issuer] + away[issuer]
        sentence = (
            f"{issued[issuer]} issued, {made_owed} made arrears, {still[issuer]} in open lots, {aside[issuer]} held, "
            f"{away[issuer]} in transit, {spent} spent, {over} expired, of which {expired[issuer]} posted"
        )
        holds = issued[issuer] + made_owed == unspent + spent + over and over == expired[issuer]
        report.require(holds, Check.POINTS, " ".join(issuer), sentence)


def check_transits(replay: Replay) -> None:
    """Between two shards stand the points of the transfers that have not arrived."""
    due: Counter[tuple[str, str]] = Counter()
    for (shard, _), transit in replay.tally.transits.items():
        for lot in transit.lots:
            points = lot.quantity if transit.arrived_by is None else 0
            due[f"transit:{shard}:{transit.to_shard}", lot.asset] += points
    posted = {(way, each): n for each in ASSETS for way, n in replay.tally.totals("transit:", each).items()}
    for account, asset in sorted(due.keys() | posted.keys()):
        stands, under_way = posted.get((account, asset), 0), due[account, asset]
        sentence = f"{stands} {asset} posted, {under_way} under way"
        replay.report.require(stands == under_way, Check.TRANSITS, account, sentence)


def check_quiet_wallets(replay: Replay) -> set[str]:
    """Quiet members have in their lots what they were given and did not spend, and nothing pending. Returns who they are."""
    names: set[str] = set()
    for lots in replay.quiet_lots:
        wallets = {member: issued - spent for member, issued, spent in lots.wallets()}
        wrong = [member for member, points in lots.by_member() if wallets[member] != points]
        replay.report.count(Check.WALLETS, 2 * len(wallets))
        for member in wrong:
            replay.report.find(
                Check.WALLETS, chart.wallet(member), f"{wallets[member]} {POINTS} are not in lots"
            )
        names |= wallets.keys()
    return names


def _of_partners(tally: Tally, prefix: str, *, sign: int) -> Counter[Funded]:
    return Counter(
        {
            (account.removeprefix(prefix), asset): sign * points
            for asset in ASSETS
            for account, points in tally.totals(prefix, asset).items()
        }
    )


def _unspent(
    tally: Tally, quiet_lots: list[QuietLots]
) -> tuple[Counter[Funded], Counter[Funded], Counter[Funded]]:
    """What is in open lots, in open holds and in transit, by funder and asset."""
    still: Counter[Funded] = Counter()
    aside: Counter[Funded] = Counter()
    away: Counter[Funded] = Counter()
    for lot in tally.lots.values():
        still[lot.funder, lot.asset] += lot.remaining
    for lots in quiet_lots:
        for funder, points in lots.by_funder():
            still[funder, POINTS] += points
    for name, points in tally.held.items():
        aside[tally.lots[name].funder, tally.lots[name].asset] += points
    for transit in tally.transits.values():
        for lot in transit.lots if transit.arrived_by is None else ():
            away[lot.funder, lot.asset] += lot.quantity
    return still, aside, away
