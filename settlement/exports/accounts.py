"""The ledger's accounts under the five names that Beancount and hledger know. Pure, and every name can be turned back.

`position:bakery` is `Assets:Position:Bakery`: the kind's root, then each part with its first letter raised, for Beancount's parts
begin so. Ids have no capitals, so lowering turns a name back.
"""

from functools import lru_cache

from settlement.errors import BooksError

_ROOTS = {
    "Assets": ("arrears", "bank", "position", "settling", "suspense"),
    "Liabilities": (
        "collateral",
        "fund",
        "guarantee",
        "held",
        "pending",
        "prefund",
        "transit",
        "vat",
        "wallet",
    ),
    "Equity": ("capital",),
    "Income": ("breakage", "expired", "fee-income", "redeemed", "spread"),
    "Expenses": ("issued", "write-off"),
}
ROOT_OF = {kind: root for root, kinds in _ROOTS.items() for kind in kinds}
"""Kind of account to its root: what the network has or is owed, what it owes, what it was founded with, earned, or gave."""
_REMEMBERED = 100_000


@lru_cache(maxsize=_REMEMBERED)
def exported(account: str) -> str:
    """The account's name elsewhere. BooksError for a kind that has no root."""
    kind, *_ = parts = account.split(":")
    if kind not in ROOT_OF:
        raise BooksError(f"account {account} is of a kind that no export knows")
    return ":".join([ROOT_OF[kind], *[part.capitalize() for part in parts]])


def of_ledger(name: str) -> str:
    """The ledger's account of an exported name."""
    return name.partition(":")[2].lower()
