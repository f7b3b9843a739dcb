"""Points whose time has come, or is to come: docs/ledger.md, "The life of points"; the rows Release, `expire` and `mature`."""

from coalition.simulation.model.lots import Lot
from coalition.simulation.model.points import Points, parts
from coalition.simulation.model.tariffs import Tariff
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


def release(
    points: Points, place: Place, asked: Asked, body: Release, tariff: Tariff, stopped: str | None
) -> Answer:
    """What is left of a pending issue of the caller becomes spendable, and repays what the member owes."""
    occurred = ("occurred", spell_time(body.occurred_at_us))
    deed = points.deeds.get((asked.partner, body.original_act_id))
    if deed is None or deed.shard != place.shard or deed.kind != "issue":
        return points.answer(stopped or "ORIGINAL_UNKNOWN", None, [occurred])
    about = [("original", f"{deed.shard}:{deed.index}"), ("amount", f"{deed.asset} {deed.amount}"), occurred]
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
    post = Post(f"pending:{deed.member}", f"wallet:{deed.member}", deed.asset, left)
    for lot in lots:
        lot.pending_us = None
    credited = [(lot, lot.left) for lot in lots]
    answer = points.answer(
        None, deed.member, about, [post], [lot.slice("free", left) for lot, left in credited]
    )
    return points.repay(answer, deed.member, credited, tariff, place.time_us)


def see_to(points: Points, place: Place, kind: str, member: str, tariff: Tariff) -> Answer:
    """What the one entry of this kind says that may be here for the member. ModelError NOTHING_DUE."""
    if points.shard_of.get(member) != place.shard:
        raise ModelError("NOTHING_DUE", f"member {member} does not live in shard {place.shard}")
    in_points, in_value = (
        sorted(points.lots_of(member, asset), key=lambda lot: lot.turn) for asset in ("PTS", "VAL")
    )
    lots = in_points if any(_is_due(points, lot, place.time_us) for lot in in_points) else in_value
    over = [lot for lot in lots if points.is_over(lot, place.time_us)]
    if kind == "notice":
        return _notice(points, member, lots, place.time_us)
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
        Post(*pair, chosen[0].asset, sum(lot.left for lot, *each in moves if each == list(pair)))
        for pair in dict.fromkeys((debit, credit) for _, debit, credit in moves)
    ]
    if kind == "expire":
        posts += points.prices.of_expiry(parts([(lot, lot.left) for lot in chosen]))
    verb = "take" if kind == "expire" else "free"
    slices = [(lot, lot.left) for lot in chosen]
    said = [lot.slice(verb, quantity) for lot, quantity in slices]
    for lot in chosen:
        _end_or_free(points, kind, lot)
    answer = points.answer(None, member, [("request", "none")], posts, said)
    return answer if kind == "expire" else points.repay(answer, member, slices, tariff, place.time_us)


def _is_due(points: Points, lot: Lot, now_us: int) -> bool:
    """Whether anything is to be seen to about a lot."""
    moments = [moment for moment in (lot.pending_us, lot.notice_us) if moment is not None]
    return points.is_over(lot, now_us) or any(moment <= now_us for moment in moments)


def funders_told(answer: Answer) -> set[str]:
    """Whose points an entry says expired, or are about to."""
    expired = [post.credit for post in answer.posts if post.credit.startswith("expired:")]
    about = [value for name, value in answer.about if name == "expiring"]
    return {account.removeprefix("expired:") for account in expired} | {
        value.split(" ")[0] for value in about
    }


def _notice(points: Points, member: str, lots: list[Lot], now_us: int) -> Answer:
    """Whose points are about to expire, how many of each and when; only where nothing else is due."""
    ripe = [lot for lot in lots if lot.pending_us is not None and lot.pending_us <= now_us]
    due = [lot for lot in lots if lot.notice_us is not None and lot.notice_us <= now_us][:LOTS_MAX]
    if not due or ripe or any(points.is_over(lot, now_us) for lot in lots):
        raise ModelError("NOTHING_DUE", f"nobody is to be told of points of member {member}")
    told: list[Line] = []
    for funder, date_us in dict.fromkeys((lot.funder, lot.date_us or 0) for lot in due):
        left = sum([lot.left for lot in due if (lot.funder, lot.date_us) == (funder, date_us)])
        told.append(("expiring", f"{funder} {due[0].asset} {left} {spell_time(date_us)}"))
    for lot in due:
        lot.notice_us = None
    return points.answer(None, member, [("request", "none"), *told])


def _end_or_free(points: Points, kind: str, lot: Lot) -> None:
    if kind == "expire":
        points.expired.append((lot, lot.left))
        lot.over += lot.left
        points.move(lot.member, lot, -lot.left)
    else:
        lot.pending_us = None
