"""The whole ledger as an hledger journal: commodities, accounts, one transaction per entry that posts, and asserted balances.

Debits are positive. The last transaction moves nothing and asserts each account's balance as the ledger's own table has it, so
`hledger check --strict` finds if it is not what the transactions add up to.
"""

from collections.abc import Iterator

from settlement.exports.accounts import exported
from settlement.exports.postings import Posted, Tell, balances, decimals_of, posted
from settlement.exports.texts import Books, after, commodities
from settlement.money import format_minor


def hledger(books: Books, tell: Tell) -> Iterator[str]:
    """The text, piece by piece."""
    network, known, last = books.network, balances(books.connection), ""
    digits = {asset: decimals_of(asset, network.minor_digits) for asset in commodities(network)}
    yield f"; {network.origin}\n\n"
    for asset in commodities(network):
        yield f"commodity 1000.{'0' * digits[asset]} {asset}\n"
    yield "\n"
    for account in dict.fromkeys([account for account, *_ in known]):
        yield f"account {exported(account)}\n"
    for entry in posted(books.connection, tell):
        last = max(last, entry.day)
        yield _transaction(entry, digits)
    if known:
        yield f"\n{after(last)} * balances\n"
    for account, asset, balance in known:
        nothing, amount = (
            format_minor(0, minor_digits=digits[asset]),
            format_minor(balance, minor_digits=digits[asset]),
        )
        yield f"    {exported(account)}  {nothing} {asset} = {amount} {asset}\n"


def _transaction(entry: Posted, digits: dict[str, int]) -> str:
    payee = f"{entry.partner} | " if entry.partner else ""
    act = f", act:{entry.act_id}" if entry.act_id is not None else ""
    lines = [f"\n{entry.day} * {payee}{entry.kind}  ; entry:{entry.shard}:{entry.index}{act}\n"]
    for debit, credit, asset, units in entry.transfers:
        amount = f"{format_minor(units, minor_digits=digits[asset])} {asset}\n"
        lines.append(f"    {exported(debit)}  {amount}    {exported(credit)}  -{amount}")
    return "".join(lines)
