"""Pure decisions on members and points: (book, house, act) gives a draft entry and changes the book in memory.

Settlement model *bilateral*: the funder of each slice owes the redeemer q x r at the tariff in force; slices of the redeemer's
own lots move no money. Rules in the order of the proto's comments; the first that says no is the refusal.

`rule` says what becomes of an act; `decide` spells that as an entry's lines. An audit that compares text needs the first only.
"""

from dataclasses import dataclass
from typing import TypeAlias

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
ActName: TypeAlias = tuple[str, str]
"""Partner and act id."""


@dataclass(slots=True)
class Ruling:
    """What becomes of an act: postings, and the lot that is new or slices of lots by number, if it is accepted; else the refusal.

    `balance_after`: the member's points once the book has changed. `original`: what a reversal found to reverse.
    """

    kind: str
    member: str | None
    refusal: str | None = None
    posts: tuple[Transfer, ...] = ()
    new_lot: Lot | None = None
    slices: tuple[tuple[int, int], ...] = ()
    original: Original | None = None
    balance_after: int | None = None


def decide(book: Book, house: House, act: Act[object], index: int) -> Draft:
    """Judges one act that would become entry `index`; a refusal leaves the book as it was. BooksError if lots lack points."""
    return spelled(book.shard, act, rule(book, house, (act.partner, act.act_id), act.body, index))


def rule(book: Book, house: House, name: ActName, body: object, index: int) -> Ruling:
    """As `decide`, before anything is spelled. `name`: who asks, and the act's id."""
    partner, _ = name
    refusal = _partner_refusal(house, partner)
    match body:
        case Issue():
            ruling = _issue(book, name, body, index, refusal)
        case Redeem():
            ruling = _redeem(book, house, name, body, index, refusal)
        case Reverse():
            ruling = _reverse(book, partner, body, index, refusal)
        case Enrol():
            ruling = _enrol(book, body, refusal)
        case LinkAlias():
            ruling = _link(book, body, refusal)
        case _:
            raise TypeError(f"not an act on a member: {body!r}")
    if ruling.member is not None:
        ruling.balance_after = book.wallets[ruling.member].balance
    return ruling


def _partner_refusal(house: House, partner_id: str) -> str | None:
    partner = house.partners[partner_id]
    if partner.state == ACTIVE:
        return None
    return "PARTNER_NOT_ACTIVE" if partner.state == REGISTERED else "PARTNER_SUSPENDED"


def _find(book: Book, name: MemberName) -> str | None:
    member = name.member if name.alias is None else book.aliases.get(name.alias)
    return member if member in book.wallets else None


def _issue(book: Book, name: ActName, body: Issue, index: int, refusal: str | None) -> Ruling:
    member = _find(book, body.name)
    if refusal is None and member is None:
        refusal = "MEMBER_UNKNOWN"
    if refusal is None and member is not None and book.wallets[member].balance + body.amount > WALLET_MAX:
        refusal = "LIMIT_EXCEEDED"
    if refusal is not None or member is None:
        return Ruling("issue", member, refusal)
    partner, amount = name[0], body.amount
    posts = (Transfer(chart.issued(partner), chart.wallet(member), POINTS, amount),)
    lot = Lot(index, member, partner, amount, amount)
    book.add_lot(lot)
    book.originals[name] = Original(index, "issue", member, amount, posts, ())
    return Ruling("issue", member, None, posts, lot)


def _redeem(book: Book, house: House, name: ActName, body: Redeem, index: int, refusal: str | None) -> Ruling:
    member = _find(book, body.name)
    slices: list[tuple[Lot, int]] = []
    if refusal is None:
        refusal, slices = _slices(book, member, body.amount)
    if refusal is not None or member is None:
        return Ruling("redeem", member, refusal)
    partner = name[0]
    owed: dict[str, int] = {}
    for lot, quantity in slices:
        book.take(lot, quantity)
        if lot.funder != partner:
            owed[lot.funder] = owed.get(lot.funder, 0) + quantity
    currency, rate = house.founded.currency, house.rate_micros
    posts = (
        Transfer(chart.wallet(member), chart.redeemed(partner), POINTS, body.amount),
        *[
            Transfer(chart.position(funder), chart.position(partner), currency, quantity * rate)
            for funder, quantity in owed.items()
        ],
    )
    taken = tuple([(lot.index, quantity) for lot, quantity in slices])
    book.originals[name] = Original(index, "redeem", member, body.amount, posts, taken)
    return Ruling("redeem", member, None, posts, slices=taken)


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


def _reverse(book: Book, partner: str, body: Reverse, index: int, refusal: str | None) -> Ruling:
    original = book.originals.get((partner, body.original_act_id))
    if refusal is None:
        refusal = "ORIGINAL_UNKNOWN" if original is None else _reversal_refusal(book, original)
    if refusal is not None or original is None:
        member = original.member if original is not None else None
        return Ruling("reverse", member, refusal, original=original)
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
    return Ruling("reverse", original.member, None, posts, slices=slices, original=original)


def _reversal_refusal(book: Book, original: Original) -> str | None:
    if original.reversed:
        return "ALREADY_REVERSED"
    if original.kind == "issue":
        lot = book.lots[original.index]
        return None if lot.remaining == lot.quantity else "POINTS_SPENT"
    return "LIMIT_EXCEEDED" if book.wallets[original.member].balance + original.amount > WALLET_MAX else None


def _enrol(book: Book, body: Enrol, refusal: str | None) -> Ruling:
    if refusal is None and any(alias in book.aliases for alias in body.aliases):
        refusal = "ALIAS_TAKEN"
    if refusal is not None:
        return Ruling("enrol", None, refusal)
    book.enrol(body.member)
    for alias in body.aliases:
        book.link(alias, body.member)
    return Ruling("enrol", body.member)


def _link(book: Book, body: LinkAlias, refusal: str | None) -> Ruling:
    member = _find(book, MemberName(body.member))
    if refusal is None and member is None:
        refusal = "MEMBER_UNKNOWN"
    if refusal is None and body.alias in book.aliases:
        refusal = "ALIAS_TAKEN"
    if refusal is None and member is not None:
        book.link(body.alias, member)
    return Ruling("link", member, refusal)


def lot_values(shard: int, ruling: Ruling) -> list[str]:
    """The values of the leaf's `lot` lines."""
    lot = ruling.new_lot
    if lot is not None:
        return [f"new {lot.funder} {lot.quantity} never"]
    return [f"{shard}:{lot_index} {quantity}" for lot_index, quantity in ruling.slices]


def spelled(shard: int, act: Act[object], ruling: Ruling) -> Draft:
    """The entry's lines in the order of the leaf grammar."""
    body = act.body
    lines = [("partner", act.partner), ("act", act.act_id)]
    if ruling.member is not None:
        lines.append(("member", ruling.member))
    if ruling.original is not None:
        lines.append(("original", f"{shard}:{ruling.original.index}"))
        lines.append(("amount", f"{POINTS} {ruling.original.amount}"))
    if isinstance(body, Issue | Redeem):
        lines.append(("amount", f"{POINTS} {body.amount}"))
    if isinstance(body, Issue | Redeem | Reverse):
        lines.append(("occurred", format_time(body.occurred_at_us)))
    lines += act.request_lines()
    lines += [("post", f"{post.debit} {post.credit} {post.asset} {post.amount}") for post in ruling.posts]
    lines += [("lot", value) for value in lot_values(shard, ruling)]
    lines.append(_OK if ruling.refusal is None else ("result", f"refused {ruling.refusal}"))
    return Draft(
        ruling.kind, tuple(lines), ruling.posts, act, ruling.member, ruling.refusal, ruling.balance_after
    )
