"""Pure decisions on members and points: (book, house, act) gives a draft entry and changes the book in memory.

Rules in the order of the proto's comments; the first that says no is the refusal. What is paid for points, in either
settlement model, is said in `rules.pricing` alone.

`rule` says what becomes of an act; `decide` spells that as an entry's lines. An audit that compares text needs the first only.
"""

from settlement.house.decide import why_stopped
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.ledger.acts import (
    AddMemberProof,
    Authorize,
    Capture,
    Enrol,
    Issue,
    LinkAlias,
    Redeem,
    Release,
    RemoveMemberProof,
    Reverse,
    TransferPoints,
    Void,
)
from settlement.ledger.book import Book
from settlement.ledger.rules.holds import authorize, capture, void
from settlement.ledger.rules.membership import enrol, link
from settlement.ledger.rules.points import issue, redeem
from settlement.ledger.rules.proofs import add_proof, remove_proof
from settlement.ledger.rules.releasing import release
from settlement.ledger.rules.reversing import reverse
from settlement.ledger.rules.ruling import ActName, Ruling, asset_of, spelled
from settlement.ledger.rules.transferring import transfer


def decide(book: Book, house: House, act: Act[object], index: int, now_us: int) -> Draft:
    """Judges one act that would become entry `index`, recorded at `now_us`; a refusal leaves the book as it was.

    BooksError if lots lack points.
    """
    return spelled(book.shard, act, rule(book, house, (act.partner, act.act_id), act.body, index, now_us))


def rule(book: Book, house: House, name: ActName, body: object, index: int, now_us: int) -> Ruling:
    """As `decide`, before anything is spelled. `name`: who asks, and the act's id."""
    partner, _ = name
    stopped = why_stopped(house, partner)
    match body:
        case Issue():
            ruling = issue(book, house, name, body, index, now_us, stopped)
        case Redeem():
            ruling = redeem(book, house, name, body, index, now_us, stopped)
        case TransferPoints():
            ruling = transfer(book, house, name, body, index, now_us, stopped)
        case Reverse():
            ruling = reverse(book, house, name, body, index, now_us, stopped)
        case Release():
            ruling = release(book, house, partner, body, now_us, stopped)
        case Authorize():
            ruling = authorize(book, house, name, body, index, now_us, stopped)
        case Capture():
            ruling = capture(book, house, name, body, index, now_us, stopped)
        case Void():
            ruling = void(book, house, partner, body, (index, now_us), stopped)
        case Enrol():
            ruling = enrol(book, body, stopped)
        case LinkAlias():
            ruling = link(book, body, stopped)
        case AddMemberProof():
            ruling = add_proof(book, house, name, body, stopped)
        case RemoveMemberProof():
            ruling = remove_proof(book, house, name, body, stopped)
        case _:
            raise TypeError(f"not an act on a member: {body!r}")
    if ruling.member is not None:
        ruling.balance_after = book.wallet(ruling.member, asset_of(body, ruling)).balance
    return ruling
