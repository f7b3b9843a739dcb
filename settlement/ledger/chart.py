"""Chart of accounts: the network's own book, in which the accounts of every asset sum to zero."""


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


def expired(funder: str) -> str:
    """Credit: points of this funder that expired."""
    return f"expired:{funder}"


def position(participant: str) -> str:
    """Money. Debit: the participant owes the network; credit: it is owed."""
    return f"position:{participant}"


def parties(debit: str, credit: str) -> tuple[str, str] | None:
    """(debtor, creditor) of a transfer between two positions, else None."""
    if debit.startswith("position:") and credit.startswith("position:"):
        return debit[9:], credit[9:]
    return None
