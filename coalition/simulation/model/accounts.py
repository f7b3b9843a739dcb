"""The network's own book: docs/ledger.md, "Chart of accounts". Only what postings say; the laws compare it with the rest."""

from collections import defaultdict
from collections.abc import Iterable

from coalition.simulation.model.terms import Post


class Accounts:
    """Debits less credits of every account. A posting keeps the sum of each asset at zero by its form."""

    def __init__(self) -> None:
        self._debits: defaultdict[tuple[str, str], int] = defaultdict(int)

    def book(self, posts: Iterable[Post]) -> None:
        """Adds postings."""
        for post in posts:
            self._debits[post.debit, post.asset] += post.amount
            self._debits[post.credit, post.asset] -= post.amount

    def debit(self, account: str, asset: str) -> int:
        """Debits less credits of one account."""
        return self._debits.get((account, asset), 0)

    def named(self, kind: str, asset: str) -> dict[str, int]:
        """Debits less credits of the accounts of a kind, by what follows the kind in their names."""
        return {
            account.removeprefix(f"{kind}:"): amount
            for (account, of), amount in self._debits.items()
            if of == asset and account.partition(":")[0] == kind
        }
