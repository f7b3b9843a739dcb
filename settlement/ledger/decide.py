"""Pure decisions on members and points: (book, house, act) gives a draft entry and changes the book in memory.

Settlement model *bilateral*: the funder of each slice owes the redeemer q x r at the tariff in force; slices of the redeemer's
own lots move no money. Rules in the order of the proto's comments; the first that says no is the refusal.
"""

from settlement.clock import format_time
from settlement.errors import BooksError
from settlement.house.records import ACTIVE, REGISTERED
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import Transfer
from settlement.ledger import chart
from settlement.ledger.acts import Enrol, Issue, LinkAlias, MemberName, Redeem, Reverse
from settlement.ledger.book import Book, Lot, Original
from settlement.money import POINTS, WALLET_MAX

SLICES_MAX = 300
"""Lots that one act may consume, so that its leaf stays within bounds."""
_OK = ("result", "ok")


def decide(book: Book, house: House, act: Act[object], index: int) -> Draft:
    """Judges one act that would become entry `index`; a refusal leaves the book as it was. BooksError if lots lack points."""
    refusal = _partner_refusal(house, act.partner)
    match act.body:
        case Issue() as body:
            return _issue(book, act, body, index, refusal)
        case Redeem() as body:
            return _redeem(book, house, act, body, index, refusal)
        case Reverse() as body:
            return _reverse(book, act, body, index, refusal)
        case Enrol() as body:
            return _enrol(book, act, body, refusal)
        case LinkAlias() as body:
            return _link(book, act, body, refusal)
    raise TypeError(f"not an act on a member: {act.body!r}")


def _partner_refusal(house: House, partner_id: str) -> str | None:
    partner = house.partners[partner_id]
    if partner.state == ACTIVE:
        return None
    return "PARTNER_NOT_ACTIVE" if partner.state == REGISTERED else "PARTNER_SUSPENDED"


def _find(book: Book, name: MemberName) -> str | None:
    member = name.member if name.alias is None else book.aliases.get(name.alias)
    return member if member in book.wallets else None


def _issue(book: Book, act: Act[object], body: Issue, index: int, refusal: str | None) -> Draft:
    member = _find(book, body.name)
    if refusal is None and member is None:
        refusal = "MEMBER_UNKNOWN"
    if refusal is None and member is not None and book.wallets[member].balance + body.amount > WALLET_MAX:
        refusal = "LIMIT_EXCEEDED"
    if refusal is not None or member is None:
        return _draft(book, "issue", act, member, body, refusal=refusal)
    post = Transfer(chart.issued(act.partner), chart.wallet(member), POINTS, body.amount)
    book.add_lot(Lot(index, member, act.partner, body.amount, body.amount))
    book.originals[act.partner, act.act_id] = Original(index, "issue", member, body.amount, (post,), ())
    lots = [f"new {act.partner} {body.amount} never"]
    return _draft(book, "issue", act, member, body, posts=(post,), lots=lots)


def _redeem(
    book: Book, house: House, act: Act[object], body: Redeem, index: int, refusal: str | None
) -> Draft:
    member = _find(book, body.name)
    slices: list[tuple[Lot, int]] = []
    if refusal is None:
        refusal, slices = _slices(book, member, body.amount)
    if refusal is not None or member is None:
        return _draft(book, "redeem", act, member, body, refusal=refusal)
    owed: dict[str, int] = {}
    for lot, quantity in slices:
        book.take(lot, quantity)
        if lot.funder != act.partner:
            owed[lot.funder] = owed.get(lot.funder, 0) + quantity
    currency, rate = house.founded.currency, house.rate_micros
    posts = (
        Transfer(chart.wallet(member), chart.redeemed(act.partner), POINTS, body.amount),
        *[
            Transfer(chart.position(funder), chart.position(act.partner), currency, quantity * rate)
            for funder, quantity in owed.items()
        ],
    )
    taken = tuple([(lot.index, quantity) for lot, quantity in slices])
    book.originals[act.partner, act.act_id] = Original(index, "redeem", member, body.amount, posts, taken)
    return _draft(book, "redeem", act, member, body, posts=posts, lots=_slice_lines(book, taken))


def _slices(book: Book, member: str | None, amount: int) -> tuple[str | None, list[tuple[Lot, int]]]:
    """Which lots an amount comes from, soonest expiry first, then oldest; or why not."""
    if member is None:
        return "MEMBER_UNKNOWN", []
    wallet = book.wallets[member]
    if wallet.balance < amount:
        return "INSUFFICIENT_POINTS", []
    slices: list[tuple[Lot, int]] = []
    missing = amount
    for lot in wallet.lots:
        if missing == 0:
            break
        if len(slices) == SLICES_MAX:
            return "TOO_MANY_LOTS", []
        quantity = min(lot.remaining, missing)
        slices.append((lot, quantity))
        missing -= quantity
    if missing:
        raise BooksError(f"the lots of member {member} lack {missing} points of its balance")
    return None, slices


def _reverse(book: Book, act: Act[object], body: Reverse, index: int, refusal: str | None) -> Draft:
    original = book.originals.get((act.partner, body.original_act_id))
    if refusal is None:
        refusal = "ORIGINAL_UNKNOWN" if original is None else _reversal_refusal(book, original)
    if refusal is not None or original is None:
        member = original.member if original is not None else None
        return _draft(book, "reverse", act, member, body, original=original, refusal=refusal)
    slices: tuple[tuple[int, int], ...]
    if original.kind == "issue":
        slices = ((original.index, original.amount),)
        book.take(book.lots[original.index], original.amount)
    else:
        slices = original.slices[::-1]
        for lot_index, quantity in slices:
            book.give_back(book.lots[lot_index], quantity)
    original.reversed = True
    book.reversals.append((original.index, index))
    posts = tuple([post.inverse() for post in original.transfers[::-1]])
    lots = _slice_lines(book, slices)
    return _draft(book, "reverse", act, original.member, body, original=original, posts=posts, lots=lots)


def _reversal_refusal(book: Book, original: Original) -> str | None:
    if original.reversed:
        return "ALREADY_REVERSED"
    if original.kind == "issue":
        lot = book.lots[original.index]
        return None if lot.remaining == lot.quantity else "POINTS_SPENT"
    return "LIMIT_EXCEEDED" if book.wallets[original.member].balance + original.amount > WALLET_MAX else None


def _enrol(book: Book, act: Act[object], body: Enrol, refusal: str | None) -> Draft:
    if refusal is None and any(alias in book.aliases for alias in body.aliases):
        refusal = "ALIAS_TAKEN"
    if refusal is not None:
        return _draft(book, "enrol", act, None, None, refusal=refusal)
    book.enrol(body.member)
    for alias in body.aliases:
        book.link(alias, body.member)
    return _draft(book, "enrol", act, body.member, None)


def _link(book: Book, act: Act[object], body: LinkAlias, refusal: str | None) -> Draft:
    member = _find(book, MemberName(body.member))
    if refusal is None and member is None:
        refusal = "MEMBER_UNKNOWN"
    if refusal is None and body.alias in book.aliases:
        refusal = "ALIAS_TAKEN"
    if refusal is None and member is not None:
        book.link(body.alias, member)
    return _draft(book, "link", act, member, None, refusal=refusal)


def _slice_lines(book: Book, slices: tuple[tuple[int, int], ...]) -> list[str]:
    return [f"{book.shard}:{lot_index} {quantity}" for lot_index, quantity in slices]


def _draft(
    book: Book,
    kind: str,
    act: Act[object],
    member: str | None,
    body: Issue | Redeem | Reverse | None,
    *,
    original: Original | None = None,
    posts: tuple[Transfer, ...] = (),
    lots: list[str] | None = None,
    refusal: str | None = None,
) -> Draft:
    """The entry's lines in the order of the leaf grammar, with the member's balance as it stands now."""
    lines = [("partner", act.partner), ("act", act.act_id)]
    if member is not None:
        lines.append(("member", member))
    if original is not None:
        lines.append(("original", f"{book.shard}:{original.index}"))
    if body is not None:
        amount = original.amount if original is not None else getattr(body, "amount", None)
        if amount is not None:
            lines.append(("amount", f"{POINTS} {amount}"))
        lines.append(("occurred", format_time(body.occurred_at_us)))
    lines += act.request_lines()
    lines += [("post", f"{post.debit} {post.credit} {post.asset} {post.amount}") for post in posts]
    if lots:
        lines += [("lot", lot) for lot in lots]
    lines.append(_OK if refusal is None else ("result", f"refused {refusal}"))
    balance = book.wallets[member].balance if member is not None else None
    return Draft(kind, tuple(lines), posts, act, member, refusal, balance)
