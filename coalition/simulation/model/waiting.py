"""Points whose time has come, or is to come: docs/ledger.md, "The life of points"; the rows Release, `expire` and `mature`."""

from coalition.simulation.model.lots import Lot
from coalition.simulation.model.points import Points, parts
from coalition.simulation.model.terms import (
    LOTS_MAX,
    Answer,
    Asked,
    Line,
    ModelError,
    Place,
    Post,
    spell_time,
)
from settlement.ledger.acts import Release


def release(points: Points, place: Place, asked: Asked, body: Release, stopped: str | None) -> Answer:
    """What is left of a pending issue of the caller becomes spendable."""
    occurred = ("occurred", spell_time(body.occurred_at_us))
    deed = points.deeds.get((asked.partner, body.original_act_id))
    if deed is None or deed.shard != place.shard or deed.kind != "issue":
        return points.answer(stopped or "ORIGINAL_UNKNOWN", None, [occurred])
    about = [("original", f"{deed.shard}:{deed.index}"), ("amount", f"PTS {deed.amount}"), occurred]
    lots = [lot for lot, _ in deed.slices]
    refusal = stopped
    if refusal is None and None in [lot.pending_us for lot in lots]:
        refusal = "ALREADY_RELEASED"
    if refusal is None and deed.undone == deed.amount:
        refusal = "ALREADY_REVERSED"
    lots = [lot for lot in lots if lot.left and not points.is_over(lot, place.time_us)]
    if refusal is None and not lots:
        refusal = "LOT_EXPIRED"
    if refusal is not None:
        return points.answer(refusal, deed.member, about)
    left = sum([lot.left for lot in lots])
    post = Post(f"pending:{deed.member}", f"wallet:{deed.member}", "PTS", left)
    for lot in lots:
        lot.pending_us = None
    return points.answer(None, deed.member, about, [post], [lot.slice("free", lot.left) for lot in lots])


def see_to(points: Points, place: Place, kind: str, member: str) -> tuple[tuple[Line, ...], list[Post]]:
    """The lines of the one entry of this kind that may be here for the member, and what it posts. ModelError NOTHING_DUE."""
    if points.shard_of.get(member) != place.shard:
        raise ModelError("NOTHING_DUE", f"member {member} does not live in shard {place.shard}")
    lots = sorted(points.open_lots[member].values(), key=lambda lot: lot.turn)
    over = [lot for lot in lots if points.is_over(lot, place.time_us)]
    if kind == "expire":
        chosen = over[:LOTS_MAX]
        moves = [(lot, lot.account, f"expired:{lot.funder}") for lot in chosen]
    else:
        ripe = [lot for lot in lots if lot.pending_us is not None and lot.pending_us <= place.time_us]
        chosen = [] if over else ripe[:LOTS_MAX]
        moves = [(lot, lot.account, f"wallet:{member}") for lot in chosen]
    if not chosen:
        raise ModelError("NOTHING_DUE", f"nothing of member {member} is due")
    posts = [
        Post(*pair, "PTS", sum(lot.left for lot, *each in moves if each == list(pair)))
        for pair in dict.fromkeys((debit, credit) for _, debit, credit in moves)
    ]
    if kind == "expire":
        posts += points.prices.of_expiry(parts([(lot, lot.left) for lot in chosen]))
    verb = "take" if kind == "expire" else "free"
    slices = [("lot", lot.slice(verb, lot.left)) for lot in chosen]
    for lot in chosen:
        _end_or_free(points, kind, lot)
    said = [("post", post.spelled()) for post in posts]
    return (("member", member), ("request", "none"), *said, *slices), posts


def _end_or_free(points: Points, kind: str, lot: Lot) -> None:
    if kind == "expire":
        points.expired.append((lot, lot.left))
        lot.over += lot.left
        points.move(lot.member, lot, -lot.left)
    else:
        lot.pending_us = None
