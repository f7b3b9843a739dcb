"""Reversals: docs/ledger.md, "Reversals", and the row Reverse of the refusals."""

from coalition.simulation.model.arrears import Arrear
from coalition.simulation.model.fundings import undone_by_lot
from coalition.simulation.model.lots import Lot
from coalition.simulation.model.points import Deed, Points, parts
from coalition.simulation.model.prices import inverses
from coalition.simulation.model.tariffs import Tariff
from coalition.simulation.model.terms import (
    OWED_MAX,
    WALLET_MAX,
    Answer,
    Asked,
    Line,
    Place,
    Post,
    spell_time,
)
from settlement.ledger.acts import Reverse


def reverse(
    points: Points, place: Place, asked: Asked, body: Reverse, tariff: Tariff, stopped: str | None
) -> Answer:
    """Undoes so many points of what the caller did, or all that is left of it."""
    occurred = ("occurred", spell_time(body.occurred_at_us))
    deed = points.deeds.get((asked.partner, body.original_act_id))
    if deed is None or deed.shard != place.shard:
        return points.answer(stopped or "ORIGINAL_UNKNOWN", None, [occurred])
    amount = body.amount or deed.amount - deed.undone
    asset = body.asset if body.amount else deed.asset
    about = [("original", f"{deed.shard}:{deed.index}"), ("amount", f"{asset} {amount}"), occurred]
    refusal = stopped or ("ASSET_DIFFERS" if asset != deed.asset else _why_not(points, deed, amount, tariff))
    if refusal is not None:
        return points.answer(refusal, deed.member, about)
    undo = _undo_issue if deed.kind == "issue" else _undo_redemption
    answer = undo(points, place, deed, amount, tariff, about)
    deed.undone += amount
    return answer


def _why_not(points: Points, deed: Deed, amount: int, tariff: Tariff) -> str | None:
    if deed.undone == deed.amount:
        return "ALREADY_REVERSED"
    if deed.undone + amount > deed.amount:
        return "REVERSAL_EXCEEDED"
    if deed.kind != "issue":
        return "LIMIT_EXCEEDED" if points.most(deed.member, deed.asset) + amount > WALLET_MAX else None
    gone = [(lot, missing) for lot, missing, _ in _fates(deed, amount) if missing]
    if gone and tariff.terms.spent == "refuse":
        return "POINTS_SPENT"
    owes = sum([missing - _unspent(lot, missing) for lot, missing in gone])
    owes_too_much = points.arrears.owed(deed.member, deed.asset) + owes > OWED_MAX
    return "LIMIT_EXCEEDED" if owes and tariff.terms.spent == "arrears" and owes_too_much else None


def _fates(deed: Deed, amount: int) -> list[tuple[Lot, int, int]]:
    """Of so many more points of an issue, lot by lot: how many are no longer in the lot, and how many are."""
    quantities = [quantity for _, quantity in deed.slices]
    before, after = undone_by_lot(quantities, deed.undone), undone_by_lot(quantities, deed.undone + amount)
    found = []
    for (lot, _), had, has in zip(deed.slices, before, after, strict=True):
        there = min(lot.left, has - had)
        found.append((lot, has - had - there, there))
    return found


def _unspent(lot: Lot, gone: int) -> int:
    """How many of the points that are gone have expired, and were not undone before."""
    return min(gone, lot.over - lot.forgiven)


def _undo_issue(
    points: Points, place: Place, deed: Deed, amount: int, tariff: Tariff, about: list[Line]
) -> Answer:
    """What remains in each lot goes back; what expired nobody owes; the rest the member owes, or the funder bears.

    Only of what goes back or is owed its funder gets the money again.
    """
    fates, member = _fates(deed, amount), deed.member
    answer = points.answer(None, member, about)
    answer.tariff = tariff.number if any(gone for _, gone, _ in fates) else None
    money: list[Post] = []
    for lot, gone, there in fates:
        issued, expired = f"issued:{lot.funder}", _unspent(lot, gone)
        owes = gone - expired if tariff.terms.spent == "arrears" else 0
        lot.forgiven += expired
        money += inverses(points.prices.of_issue(lot.funder, there + owes, lot.tariff, lot.asset))
        deed.paid_back.append((lot, there + owes))
        if there:
            answer.posts.append(Post(lot.account, issued, lot.asset, there))
            answer.lots.append(lot.slice("take", there))
            points.move(member, lot, -there)
            deed.withdrawn[lot.name] += there
        if owes:
            answer.posts.append(Post(f"arrears:{member}:{lot.funder}", issued, lot.asset, owes))
            _make_arrear(points, place, answer, lot, owes)
            deed.owed[lot.name] += owes
    answer.posts += money
    answer.balance_after = points.balance(member, deed.asset)
    return answer


def _make_arrear(points: Points, place: Place, answer: Answer, lot: Lot, owes: int) -> None:
    """From now on the member owes the lot's funder so many points."""
    facts = (lot.member, lot.funder, owes, owes, lot.tariff, lot.asset)
    arrear = Arrear(place.shard, place.index, len(answer.arrears), *facts)
    points.arrears.of.setdefault(lot.member, []).append(arrear)
    answer.arrears.append(f"new {lot.funder} {lot.asset} {owes} {lot.tariff.number}")


def _undo_redemption(
    points: Points, place: Place, deed: Deed, amount: int, tariff: Tariff, about: list[Line]
) -> Answer:
    """Points go back to their lots and money to where it came from, as of then; they repay what the member owes."""
    member, partner = deed.member, deed.partner
    returned = _returned(deed, amount)
    posts = [Post(f"redeemed:{partner}", f"wallet:{member}", deed.asset, amount)]
    posts += inverses(points.prices.of_redemption(partner, parts(returned), deed.tariff))
    lots, credited = points.give_back(place, returned, tariff.terms)
    answer = points.answer(None, member, about, posts, lots)
    return points.repay(answer, member, credited, tariff, place.time_us)


def _returned(deed: Deed, amount: int) -> list[tuple[Lot, int]]:
    """The points consumed last that have not come back yet, by lot."""
    before, after = standing(deed, deed.undone), standing(deed, deed.undone + amount)
    pairs = zip(deed.slices, before, after, strict=True)
    return [(lot, had - has) for (lot, _), had, has in pairs if had > has][::-1]


def standing(deed: Deed, undone: int) -> list[int]:
    """What a redemption still takes from each of its slices once so many of its points are undone."""
    still, left = deed.amount - undone, []
    for _, quantity in deed.slices:
        left.append(min(quantity, still))
        still -= left[-1]
    return left
