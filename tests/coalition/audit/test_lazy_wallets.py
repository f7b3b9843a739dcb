"""Wallets come to be when they are asked for, in whatever way, and once."""

from collections.abc import Callable

import pytest

from coalition.audit.lazy_wallets import Wallets
from settlement.ledger.book import Wallet


class _Made:
    """The wallets of two members, made when they are asked for."""

    def __init__(self) -> None:
        self.wallets, self.asked = Wallets(self._make), list[str]()

    def _make(self, member: str) -> bool:
        self.asked.append(member)
        if member in ("anna", "boris"):
            self.wallets[member] = Wallet(5)
            return True
        return False


@pytest.mark.parametrize(
    "ask",
    [
        lambda wallets: wallets["anna"],
        lambda wallets: wallets.get("anna"),
        lambda wallets: "anna" in wallets and dict.get(wallets, "anna"),
    ],
)
def test_a_wallet_is_made_by_the_first_who_asks(ask: Callable[[Wallets], Wallet | None]) -> None:
    made = _Made()
    first = ask(made.wallets)
    assert first == Wallet(5)
    assert ask(made.wallets) is first
    assert (made.asked, list(made.wallets)) == (["anna"], ["anna"])


def test_who_has_none_is_not_there() -> None:
    wallets, other = _Made().wallets, Wallet(7)
    assert "carla" not in wallets
    assert wallets.get("carla") is None
    assert wallets.get("carla", other) is other
    with pytest.raises(KeyError, match="carla"):
        wallets["carla"]
