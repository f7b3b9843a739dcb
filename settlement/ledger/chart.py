"""Chart of accounts: the network's own book, in which the accounts of every asset sum to zero."""

FUND = "fund"
"""Money, credit: what the pool holds for points that are not yet spent."""
FEE_INCOME = "fee-income"
"""Money, credit: fees for points issued."""
VAT = "vat"
"""Money, credit: the tax on fees, which the operator hands on."""
SPREAD = "spread"
"""Money, credit: what spent points were priced at, less what was paid for them; debit where more was paid."""
BREAKAGE = "breakage"
"""Money, credit: the price of expired points, less the rebates of their issuers."""
OPERATORS = frozenset({FUND, FEE_INCOME, VAT, SPREAD, BREAKAGE})
"""The operator's own accounts: what others owe them they owe the operator, and the other way round."""
SUSPENSE = "suspense"
"""Money: breaks, on their other side."""
WRITTEN_OFF = "write-off"
"""Money. Debit: the operator's loss by breaks that were written off; credit: its gain."""
_POSITION = "position:"


def issued(partner: str) -> str:
    """Debit: points that the partner has put into the world, less those reversed."""
    return f"issued:{partner}"


def arrears(member: str, partner: str) -> str:
    """Debit: points that the member owes the partner; never below zero."""
    return f"arrears:{member}:{partner}"


def redeemed(partner: str) -> str:
    """Credit: points that ended at this partner."""
    return f"redeemed:{partner}"


def wallet(member: str) -> str:
    """Credit: a member's spendable points; never below zero."""
    return f"wallet:{member}"


def held(member: str) -> str:
    """Credit: a member's points in open holds; never below zero."""
    return f"held:{member}"


def pending(member: str) -> str:
    """Credit: a member's points that are issued and not spendable yet; never below zero."""
    return f"pending:{member}"


def transit(shard: int, to_shard: int) -> str:
    """Credit in the one shard, debit in the other: points that have left it and not arrived there."""
    return f"transit:{shard}:{to_shard}"


def expired(funder: str) -> str:
    """Credit: points of this funder that expired."""
    return f"expired:{funder}"


def position(participant: str) -> str:
    """Money. Debit: the participant owes the network; credit: it is owed."""
    return f"{_POSITION}{participant}"


def participant(account: str, *, operator: str) -> str | None:
    """Whose money an account is: what it stands at, that participant owes or is owed."""
    if account.startswith(_POSITION):
        return account[len(_POSITION) :]
    return operator if account in OPERATORS else None


def accounts_of(name: str, *, operator: str) -> list[str]:
    """The accounts whose sum is what a participant owes."""
    return [position(name), *(sorted(OPERATORS) if name == operator else ())]


def parties(debit: str, credit: str, *, operator: str) -> tuple[str, str] | None:
    """(debtor, creditor) of a transfer between two participants, else None."""
    debtor, creditor = participant(debit, operator=operator), participant(credit, operator=operator)
    return None if debtor is None or creditor is None or debtor == creditor else (debtor, creditor)
