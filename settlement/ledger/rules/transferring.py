"""Pure rules on points that go from one member to another: at once within a shard, by way of a transit into another one."""

from dataclasses import replace

from settlement.house.state import House
from settlement.journal.leaf import Transfer
from settlement.ledger import chart
from settlement.ledger.acts import MemberName, TransferPoints
from settlement.ledger.book import Book, Lot
from settlement.ledger.rules.arrears import repay
from settlement.ledger.rules.expiry import DAY_US, notice_of
from settlement.ledger.rules.membership import find
from settlement.ledger.rules.points import slices_of
from settlement.ledger.rules.pricing import money_of_transfer
from settlement.ledger.rules.ruling import ActName, Ruling
from settlement.ledger.transits import Transit
from settlement.money import POINTS, WALLET_MAX


def transfer(
    book: Book,
    house: House,
    name: ActName,
    body: TransferPoints,
    index: int,
    now_us: int,
    refusal: str | None,
) -> Ruling:
    """Slices of the sender's lots, each of which becomes a lot of the recipient's with the same funder, tariff and expiry.

    The caller pays the operator's fee. A recipient in this shard has the points at once, and first repays what it owes.
    """
    member, recipient = find(book, body.name), _find_recipient(book, body.recipient)
    slices: list[tuple[Lot, int]] = []
    refusal = refusal or _refusal(book, house, member, recipient, body, now_us)
    if refusal is None:
        refusal, slices = slices_of(book, member, body.asset, body.amount, now_us)
    if refusal is not None or member is None or recipient is None:
        return Ruling("transfer", member, refusal, recipient=recipient)
    for lot, quantity in slices:
        book.take(lot, quantity)
    book.note_activity(member, now_us)
    if body.asset == POINTS:
        book.transits.note_sent(member, now_us // DAY_US, body.amount)
    copies = [_copy(*each, recipient, index, place) for place, each in enumerate(slices)]
    lots = tuple([replace(lot, notice_us=_notice_of(house, lot, now_us)) for lot in copies])
    taken = tuple([(lot.name, quantity) for lot, quantity in slices])
    ruling = Ruling("transfer", member, None, (), house.tariff_number, taken=taken, recipient=recipient)
    fee = money_of_transfer(house, name[0], body.amount, body.asset)
    moved = (body.asset, body.amount)
    if recipient in book.wallets:
        ruling.posts = (Transfer(chart.wallet(member), chart.wallet(recipient), *moved), *fee)
        return _put_in(book, house, ruling, lots, (now_us, now_us))
    to_shard = book.transits.shards[recipient]
    book.transits.send(Transit(book.shard, index, to_shard, recipient, now_us, lots))
    way = chart.transit(book.shard, to_shard)
    ruling.posts, ruling.sent = (Transfer(chart.wallet(member), way, *moved), *fee), lots
    return ruling


def arrive(book: Book, house: House, transit: Transit, index: int) -> Ruling:
    """Points from another shard come into the wallet that they were sent to, whatever it holds, and repay what its member owes.

    Nobody asks for it. Its time decides nothing: the recipient counts as active when they were sent.
    """
    points = sum([lot.quantity for lot in transit.lots])
    recipient, way = transit.recipient, chart.transit(transit.shard, transit.to_shard)
    active_at_us = max(transit.sent_at_us, book.wallets[recipient].active_at_us or 0)
    posts = (Transfer(way, chart.wallet(recipient), transit.lots[0].asset, points),)
    book.transits.receive(transit, index)
    sent_at_us = transit.sent_at_us
    notices = [_notice_of(house, lot, sent_at_us) for lot in transit.lots]
    lots = tuple(
        [replace(lot, index=index, notice_us=at) for lot, at in zip(transit.lots, notices, strict=True)]
    )
    ruling = Ruling("arrive", recipient, None, posts)
    return _put_in(book, house, ruling, lots, (sent_at_us, active_at_us))


def _find_recipient(book: Book, name: MemberName) -> str | None:
    """The member meant, wherever it lives."""
    member = name.member if name.alias is None else book.aliases.get(name.alias)
    return member if member in book.wallets or member in book.transits.shards else None


def _refusal(
    book: Book,
    house: House,
    member: str | None,
    recipient: str | None,
    body: TransferPoints,
    now_us: int,
) -> str | None:
    if member is None:
        return "MEMBER_UNKNOWN"
    if recipient is None:
        return "RECIPIENT_UNKNOWN"
    terms, amount = house.tariff, body.amount
    most = terms.transfer_points_max if body.asset == POINTS else terms.value_transfer_max
    if most == 0 or member == recipient:
        return "TRANSFER_NOT_ALLOWED"
    if book.wallet(member, body.asset).arrears:
        return "MEMBER_IN_ARREARS"
    sent = book.transits.sent_on(member, now_us // DAY_US) + amount
    if amount > most or (body.asset == POINTS and 0 < terms.transfer_daily_max < sent):
        return "LIMIT_EXCEEDED"
    is_here = recipient in book.wallets
    return (
        "LIMIT_EXCEEDED"
        if is_here and book.wallet(recipient, body.asset).most + amount > WALLET_MAX
        else None
    )


def _copy(lot: Lot, quantity: int, member: str, index: int, place: int) -> Lot:
    """A lot of another member with points out of this one."""
    return replace(
        lot, index=index, place=place, member=member, quantity=quantity, remaining=quantity, expired=0
    )


def _notice_of(house: House, lot: Lot, sent_at_us: int) -> int | None:
    """When its funder is to be told of points that are sent: as when they were issued, unless that is past."""
    return notice_of(lot.expires_at_us, house.tariffs[lot.tariff].notice_days, sent_at_us)


def _put_in(book: Book, house: House, ruling: Ruling, lots: tuple[Lot, ...], at: tuple[int, int]) -> Ruling:
    """Makes lots of their member's, and repays what it owes. `at`: when they were sent, and when the member was active."""
    sent_at_us, active_at_us = at
    for lot in lots:
        book.add_lot(lot)
    book.note_activity(lots[0].member, active_at_us)
    ruling.new_lots = lots
    # None of them was over when they were sent; their arrival's own time decides nothing.
    return repay(book, house, ruling, [(lot, lot.quantity) for lot in lots], sent_at_us)
