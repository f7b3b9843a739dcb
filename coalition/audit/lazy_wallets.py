"""Wallets that come to be when somebody asks for them."""

from collections.abc import Callable
from typing import Any

from settlement.ledger.book import Wallet


class Wallets(dict[str, Wallet]):
    """`make(member)` puts the wallet of a member in, if it has one that is not here yet, and says whether it did."""

    def __init__(self, make: Callable[[str], bool]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, member: str) -> Wallet:
        if self._make(member):
            return super().__getitem__(member)
        raise KeyError(member)

    def __contains__(self, member: object) -> bool:
        return super().__contains__(member) or (isinstance(member, str) and self._make(member))

    def get(self, member: str, default: Any = None, /) -> Any:
        """The wallet of a member, or the default if it has none."""
        try:
            return self[member]
        except KeyError:
            return default
