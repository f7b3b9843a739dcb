"""Pure rules on members and their aliases."""

from settlement.ledger.acts import Enrol, LinkAlias, MemberName
from settlement.ledger.book import Book
from settlement.ledger.rules.ruling import Ruling


def find(book: Book, name: MemberName) -> str | None:
    """The member meant, if it lives in this shard."""
    member = name.member if name.alias is None else book.aliases.get(name.alias)
    return member if member in book.wallets else None


def enrol(book: Book, body: Enrol, refusal: str | None) -> Ruling:
    """A new member with an empty wallet. `refusal`: why the partner may not act at all, in every rule."""
    if refusal is None and any(alias in book.aliases for alias in body.aliases):
        refusal = "ALIAS_TAKEN"
    if refusal is not None:
        return Ruling("enrol", None, refusal)
    book.enrol(body.member)
    for alias in body.aliases:
        book.link(alias, body.member)
    return Ruling("enrol", body.member)


def link(book: Book, body: LinkAlias, refusal: str | None) -> Ruling:
    """One more alias of a member."""
    member = find(book, MemberName(body.member))
    if refusal is None and member is None:
        refusal = "MEMBER_UNKNOWN"
    if refusal is None and body.alias in book.aliases:
        refusal = "ALIAS_TAKEN"
    if refusal is None and member is not None:
        book.link(body.alias, member)
    return Ruling("link", member, refusal)
