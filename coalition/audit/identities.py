"""The identities that hold when the last entry is read: sums that must agree, whatever happened in between."""

from collections import Counter
from collections.abc import Iterator

from coalition.audit.checks import Check
from coalition.audit.history import CONTRADICTIONS, ShardState
from coalition.audit.points import check_points, check_quiet_wallets, check_transits
from coalition.audit.replay import Replay
from coalition.audit.securities import check_bank, check_securities
from coalition.audit.subtrees import put_together
from settlement.house.records import Settlement
from settlement.journal.leaf import HOUSE
from settlement.ledger import chart
from settlement.ledger.book import Book, Wallet
from settlement.money import ASSETS, POINTS, VALUE, micros_per_minor
from settlement.transparency.merkle import ProofError, range_root


def check_identities(replay: Replay, *, complete: bool) -> None:
    """Compares all final sums. `complete`: no entry is missing at the end of a shard, as it may be in a bundle."""
    founded = replay.house.network is not None
    replay.report.require(
        founded, Check.ENGINE, f"{HOUSE}:0", "the first entry of the house does not found a network"
    )
    points = (check_points, _check_wallets, _check_holds, check_transits, _check_arrears, _check_reversals)
    steps = (_check_balanced, *points)
    further = (_check_heads, _check_openings, _check_positions, _check_fund, _check_tax, _check_settlements)
    for step in (*steps, *further) if founded else steps:
        try:
            step(replay)
        except CONTRADICTIONS as error:
            sentence = f"sums cannot be compared: {type(error).__name__} {error}"
            replay.report.find(Check.BALANCED, "at the end", sentence)
    _note_undecided(replay, complete=complete)
    if replay.payloads_erased:
        replay.report.remarks.append(
            f"{replay.payloads_erased} payloads are erased: their signatures cannot be verified, their leaves were"
        )


def _note_undecided(replay: Replay, *, complete: bool) -> None:
    for where, cycle in replay.undecided:
        if complete or replay.is_cut(cycle):
            sentence = f"it rests on cycle {cycle} before every shard had cut it"
            replay.report.find(Check.DECIDED_AGAIN, where, sentence)
        else:
            replay.report.remarks.append(
                f"{where} rests on cycle {cycle}, whose end the next checkpoint will cover"
            )


def _check_balanced(replay: Replay) -> None:
    totals: dict[str, int] = {}
    for (_, _, asset), sums in replay.tally.balances.items():
        totals[asset] = totals.get(asset, 0) + sums.first - sums.second
    for asset, total in totals.items():
        replay.report.require(total == 0, Check.BALANCED, asset, f"debits exceed credits by {total}")


def _check_wallets(replay: Replay) -> None:
    tally, report = replay.tally, replay.report
    in_lots: dict[tuple[int, str, str, bool], int] = {}
    decided_lots = {shard: book.lots for shard, book in replay.books.items()}
    for (shard, index, place), lot in tally.lots.items():
        where = (shard, lot.member, lot.asset, lot.pending_until_us is None)
        in_lots[where] = in_lots.get(where, 0) + lot.remaining
        own = decided_lots.get(shard, {}).get((index, place))
        if own is None or own.remaining != lot.remaining or own.funder != lot.funder:
            report.find(
                Check.WALLETS,
                f"lot {shard}:{index}.{place}",
                f"{lot.remaining} points remain, not as decided",
            )
    quiet_members = check_quiet_wallets(replay)
    for shard, member, asset in _wallets(replay):
        if asset == POINTS and member in quiet_members:
            continue
        book = replay.books.get(shard, Book(shard))
        decided = (book.wallets if asset == POINTS else book.values).get(member, Wallet(0))
        for spendable, account, points in (
            (True, chart.wallet(member), decided.balance),
            (False, chart.pending(member), decided.pending),
        ):
            posted = tally.balance(shard, account, asset)
            lots = in_lots.get((shard, member, asset, spendable), 0)
            sentence = f"{posted} {asset} posted, {lots} in lots, {points} as decided"
            report.require(posted == lots == points, Check.WALLETS, account, sentence)


def _wallets(replay: Replay) -> Iterator[tuple[int, str, str]]:
    """Shard, member and asset of every wallet: each member has one of points, and whoever had value one of that."""
    for member, shard in replay.tally.members.items():
        yield shard, member, POINTS
    found = {(shard, member) for shard, book in replay.books.items() for member in book.values}
    for shard, account, asset in replay.tally.balances:
        if asset == VALUE and account.startswith(("wallet:", "pending:")):
            found.add((shard, account.partition(":")[2]))
    for shard, member in sorted(found):
        yield shard, member, VALUE


def _check_holds(replay: Replay) -> None:
    """A member's held points are those of its open holds."""
    tally, report = replay.tally, replay.report
    due: Counter[tuple[int, str, str]] = Counter()
    for (shard, _), hold in tally.holds.items():
        due[shard, chart.held(hold.member), hold.asset] += hold.amount if hold.closed_by is None else 0
    posted = _posted(replay, "held:", sign=1)
    for name in sorted(due.keys() | posted.keys()):
        held, stands, account = due[name], posted[name], name[1]
        sentence = f"{stands} {name[2]} posted, {held} in open holds"
        report.require(held == stands, Check.HOLDS, account, sentence)


def _check_arrears(replay: Replay) -> None:
    """What members owe partners: by their arrears as tallied and as decided, and by what is posted."""
    tally, report = replay.tally, replay.report
    owed: Counter[tuple[int, str, str]] = Counter()
    for (shard, _, _), arrear in tally.arrears.items():
        owed[shard, chart.arrears(arrear.member, arrear.partner), arrear.asset] += arrear.remaining
    decided: Counter[tuple[int, str, str]] = Counter()
    for shard, book in replay.books.items():
        for wallet in (*book.wallets.values(), *book.values.values()):
            for each in wallet.arrears:
                decided[shard, chart.arrears(each.member, each.partner), each.asset] += each.remaining
    posted = _posted(replay, "arrears:", sign=-1)
    for name in sorted(owed.keys() | decided.keys() | posted.keys()):
        sides = [amounts[name] for amounts in (posted, owed, decided)]
        shard, account, asset = name
        sentence = f"{sides[0]} {asset} posted, {sides[1]} in arrears, {sides[2]} as decided"
        report.require(len(set(sides)) == 1, Check.WALLETS, f"{account} in shard {shard}", sentence)


def _posted(replay: Replay, kind: str, *, sign: int) -> Counter[tuple[int, str, str]]:
    """Credits less debits, or the other way round, of what members have or owe, by shard, account and asset."""
    return Counter(
        {
            name: sign * (sums.second - sums.first)
            for name, sums in replay.tally.balances.items()
            if name[1].startswith(kind) and name[2] in ASSETS
        }
    )


def _check_reversals(replay: Replay) -> None:
    """All reversals of an act together undo no more than it did."""
    undone: dict[tuple[int, int], int] = {}
    for (shard, original, _), amount in replay.tally.reversals.items():
        undone[shard, original] = undone.get((shard, original), 0) + amount
    amounts = {
        (shard, original.index): original.amount
        for shard, book in replay.books.items()
        for original in book.originals.values()
    }
    for (shard, original), points in undone.items():
        least = amounts.get((shard, original), 0)
        sentence = f"{points} points of it are reversed, it moved {least}"
        replay.report.require(points <= least, Check.NEVER_NEGATIVE, f"{shard}:{original}", sentence)


def _check_heads(replay: Replay) -> None:
    """Every shard's root at every size that the house ever stated; sizes never fall."""
    report = replay.report
    shards = list(replay.member_shards)
    states = {shard: replay.shards.get(shard, ShardState()) for shard in shards}
    nodes = {shard: put_together(state.leaf_hashes, state.subtrees) for shard, state in states.items()}
    before = dict.fromkeys(shards, 0)
    for index, values in replay.heads:
        stated = [
            (int(shard), int(size), root) for shard, size, root in (value.split(" ") for value in values)
        ]
        where = f"{HOUSE}:{index}"
        if [shard for shard, _, _ in stated] != shards:
            report.find(Check.HEADS, where, "it does not name every shard once, in order")
            continue
        for shard, size, root in stated:
            try:
                found = range_root(nodes[shard], start=0, stop=size).hex()
            except (ProofError, OverflowError):
                found = "no root: it has fewer leaves"
            holds = found == root and size >= before[shard]
            report.require(
                holds, Check.HEADS, where, f"shard {shard} at size {size} has {found}, stated is {root}"
            )
            before[shard] = size


def _check_openings(replay: Replay) -> None:
    """Loaded to the end, an opening is what was approved; one that is still being loaded is only a remark."""
    for name, loaded in replay.openings.loaded.items():
        opening = replay.house.openings.get(name)
        if opening is None:
            continue  # each of its entries is a finding
        if loaded.lots < opening.rows:
            sentence = f"{loaded.lots:,} of {opening.rows:,} lots of {name[0]}'s opening {name[1]} are loaded"
            replay.report.remarks.append(sentence)
            continue
        found, approved = (loaded.points, loaded.value), (opening.points, opening.value)
        sentence = f"{loaded.lots} lots of points and value {found}, approved are {approved}"
        replay.report.require(found == approved, Check.OPENINGS, name[1], sentence)


def _check_positions(replay: Replay) -> None:
    """Member shards post what the obligations say; the house takes off what was settled."""
    tally, network = replay.tally, replay.house.founded
    expected: dict[tuple[int, str], int] = {}
    for (shard, _, debtor, creditor), sums in tally.obligations.items():
        expected[shard, debtor] = expected.get((shard, debtor), 0) - sums.first
        expected[shard, creditor] = expected.get((shard, creditor), 0) + sums.first
    unit = micros_per_minor(network.minor_digits)
    for settlement in replay.house.settlements.values():
        for participant, amount in settlement.nets.items() if settlement.approved else ():
            key = (HOUSE, participant)
            expected[key] = expected.get(key, 0) + amount * unit
    posted: dict[tuple[int, str], int] = {}
    for (shard, account, asset), sums in tally.balances.items():
        owner = chart.participant(account, operator=network.operator)
        if owner is not None and asset == network.currency:
            posted[shard, owner] = posted.get((shard, owner), 0) + sums.second - sums.first
    for shard, participant in sorted(expected.keys() | posted.keys()):
        owed, stands = expected.get((shard, participant), 0), posted.get((shard, participant), 0)
        where = f"position:{participant} in shard {shard}"
        replay.report.require(
            owed == stands, Check.POSITIONS, where, f"it stands at {stands} micros, {owed} follow"
        )


def _check_fund(replay: Replay) -> None:
    """In every shard: points in lots and holds, less those owed, each at the price under which they were issued.

    Where points were transferred from, their price stays.
    """
    house, tally, due = replay.house, replay.tally, dict.fromkeys(replay.member_shards, 0)
    for name, lot in tally.lots.items():
        points = lot.remaining + tally.held.get(name, 0)
        due[name[0]] += points * house.terms(lot.tariff, lot.asset).price_micros
    for quiet in replay.quiet_lots:
        for tariff, points in quiet.by_tariff():
            due[quiet.shard] += points * house.terms(tariff, POINTS).price_micros
    for name, arrear in tally.arrears.items():
        due[name[0]] -= arrear.remaining * house.terms(arrear.tariff, arrear.asset).price_micros
    for (shard, _), transit in tally.transits.items():
        price = sum([lot.quantity * house.terms(lot.tariff, lot.asset).price_micros for lot in transit.lots])
        due[shard] += price
        due[transit.to_shard] -= price if transit.arrived_by is not None else 0
    for shard, priced in due.items():
        held = tally.balance(shard, chart.FUND, house.founded.currency)
        sentence = f"it holds {held} micros, the points not spent are priced at {priced}"
        replay.report.require(held == priced, Check.FUND, f"fund in shard {shard}", sentence)


def _check_tax(replay: Replay) -> None:
    """In every shard the tax account holds the tax on each fee, less that on fees that went back."""
    for shard in replay.member_shards:
        held, due = (
            replay.tally.balance(shard, chart.VAT, replay.house.founded.currency),
            replay.taxed.due[shard],
        )
        sentence = f"it holds {held} micros, {due} are the tax on its fees"
        replay.report.require(held == due, Check.TAX, f"vat in shard {shard}", sentence)


def _check_settlements(replay: Replay) -> None:
    for settlement in replay.house.settlements.values():
        _check_settlement(replay, settlement)
    check_bank(replay)
    check_securities(replay)


def _check_settlement(replay: Replay, settlement: Settlement) -> None:
    """The nets are those of the cycle, sum to zero, and each leg stands at its net until it is paid, then at zero.

    An aborted one has given every leg back.
    """
    report, network = replay.report, replay.house.founded
    where = f"settlement {settlement.number}"
    if replay.is_cut(settlement.cycle):
        nets = replay.figures(settlement.cycle).nets
        report.require(
            settlement.nets == nets, Check.SETTLEMENTS, where, "its nets are not those of its cycle"
        )
    total = sum(settlement.nets.values())
    report.require(total == 0, Check.SETTLEMENTS, where, f"its nets come to {total} and not to zero")
    if settlement.approved_at is None:
        return
    unit = micros_per_minor(network.minor_digits)
    unpaid = settlement.unpaid if settlement.approved else {}
    for participant in settlement.legs:
        account = f"settling:{settlement.number}:{participant}"
        due = unpaid.get(participant, 0) * unit
        stands = -replay.tally.balance(HOUSE, account, network.currency)
        report.require(
            stands == due, Check.SETTLEMENTS, account, f"it stands at {stands} micros, {due} are due"
        )
