"""Reversals: docs/ledger.md, "Reversals", and the row Reverse of the refusals."""

from coalition.simulation.model.arrears import Arrear
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
    about = [("original", f"{deed.shard}:{deed.index}"), ("amount", f"PTS {amount}"), occurred]
    refusal = stopped or _why_not(points, deed, amount, tariff)
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
        return "LIMIT_EXCEEDED" if points.most(deed.member) + amount > WALLET_MAX else None
    spent = _spent(deed, amount)
    if spent and tariff.terms.spent == "refuse":
        return "POINTS_SPENT"
    owes = spent - _unspent(deed, spent)
    owes_too_much = points.arrears.owed(deed.member) + owes > OWED_MAX
    return "LIMIT_EXCEEDED" if owes and tariff.terms.spent == "arrears" and owes_too_much else None


def _spent(deed: Deed, amount: int) -> int:
    """How many of these points of an issue are no longer in its lot."""
    (lot, _), *_ = deed.slices
    return max(0, amount - lot.left)


def _unspent(deed: Deed, gone: int) -> int:
    """How many of the points that are gone have expired, and were not undone before."""
    (lot, _), *_ = deed.slices
    return min(gone, lot.over - lot.forgiven)


def _undo_issue(
    points: Points, place: Place, deed: Deed, amount: int, tariff: Tariff, about: list[Line]
) -> Answer:
    """What remains in the lot goes back; what expired nobody owes; the rest the member owes, or the issuer bears.

    Only of what goes back or is owed its issuer gets the money again.
    """
    (lot, _), *_ = deed.slices
    member, partner, spent = deed.member, deed.partner, _spent(deed, amount)
    there, expired = amount - spent, _unspent(deed, spent)
    owes = spent - expired if tariff.terms.spent == "arrears" else 0
    lot.forgiven += expired
    posts = [Post(lot.account, f"issued:{partner}", "PTS", there)] if there else []
    if owes:
        posts.append(Post(f"arrears:{member}:{partner}", f"issued:{partner}", "PTS", owes))
        arrear = Arrear(place.shard, place.index, member, partner, owes, owes, lot.tariff)
        points.arrears.of.setdefault(member, []).append(arrear)
        deed.owed += owes
    posts += inverses(points.prices.of_issue(partner, there + owes, lot.tariff))
    if there:
        points.move(member, lot, -there)
        deed.withdrawn += there
    lots = [lot.slice("take", there)] if there else []
    answer = points.answer(None, member, about, posts, lots, tariff.number if spent else None)
    answer.arrears += [f"new {partner} PTS {owes} {lot.tariff.number}"] if owes else []
    return answer


def _undo_redemption(
    points: Points, place: Place, deed: Deed, amount: int, tariff: Tariff, about: list[Line]
) -> Answer:
    """Points go back to their lots and money to where it came from, as of then; they repay what the member owes."""
    member, partner = deed.member, deed.partner
    returned = _returned(deed, amount)
    posts = [Post(f"redeemed:{partner}", f"wallet:{member}", "PTS", amount)]
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
