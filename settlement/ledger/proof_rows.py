"""The table of members' proofs: what a batch reads of it, and what it writes."""

from collections.abc import Sequence

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from settlement.ledger.acts import AddMemberProof, Authorize, Redeem, RemoveMemberProof
from settlement.ledger.book import Book
from settlement.ledger.writing import Statement, columns

# Key by key, for the reason that `settlement.ledger.members` gives.
PROOFS = """SELECT found.* FROM (SELECT %b::smallint) AS here (shard), unnest(%b::uuid[]) AS asked (member), LATERAL
    (SELECT member::text, name, public FROM proofs
    WHERE shard = here.shard AND member = asked.member AND public IS NOT NULL OFFSET 0) AS found"""
CHANGED_PROOFS = """INSERT INTO proofs SELECT %b, * FROM unnest(%b::uuid[], %b::text[], %b::bytea[])
    ON CONFLICT (shard, member, name) DO UPDATE SET public = excluded.public"""


def are_needed(bodies: Sequence[object]) -> bool:
    """Whether any act is judged by its member's proofs."""
    return any(
        isinstance(body, AddMemberProof | RemoveMemberProof)
        or (isinstance(body, Redeem | Authorize) and body.proof is not None)
        for body in bodies
    )


async def load(connection: AsyncConnection[TupleRow], book: Book, members: list[str]) -> None:
    """Reads what these members can be known by: a chain and five devices each at most."""
    cursor = await connection.execute(PROOFS, (book.shard, members))
    for member, name, public in await cursor.fetchall():
        book.proofs.of_member.setdefault(member, {})[name] = bytes(public)


def changes(book: Book) -> list[Statement]:
    """Proofs that are new or removed, and anchors that moved on."""
    rows = [(*key, public) for key, public in book.proofs.changed.items()]
    return [Statement(CHANGED_PROOFS, (book.shard, *columns(rows)))] if rows else []
