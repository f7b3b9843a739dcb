"""The whole ledger as Beancount text: commodities, accounts, one transaction per entry that posts, and each account's balance.

Debits are positive. The balances at the end are those of the ledger's own table, so `bean-check` finds if they are not what the
transactions add up to.
"""

from collections.abc import Iterator, Sequence

from settlement.exports.accounts import exported
from settlement.exports.postings import Posted, Tell, balances, decimals_of, posted
from settlement.exports.texts import COMMODITIES, Books, after, commodities, first_day
from settlement.money import format_minor


def beancount(books: Books, tell: Tell) -> Iterator[str]:
    """The text, piece by piece."""
    network, known = books.network, balances(books.connection)
    start, last = first_day(books.connection), ""
    digits = {asset: decimals_of(asset, network.minor_digits) for asset in commodities(network)}
    yield f'option "title" "{network.origin}"\noption "operating_currency" "{network.currency}"\n\n'
    for asset in commodities(network):
        yield f'{start} commodity {asset}\n  name: "{COMMODITIES.get(asset, "money between companies")}"\n'
    yield "\n"
    for account, assets in _assets_of(known):
        yield f"{start} open {exported(account)} {','.join(assets)}\n"
    for entry in posted(books.connection, tell):
        last = max(last, entry.day)
        yield _transaction(entry, digits)
    yield "\n"
    for account, asset, balance in known:
        amount = format_minor(balance, minor_digits=digits[asset])
        yield f"{after(last)} balance {exported(account)}  {amount} {asset}\n"


def _transaction(entry: Posted, digits: dict[str, int]) -> str:
    payee = f'"{entry.partner}" ' if entry.partner else ""
    lines = [f'\n{entry.day} * {payee}"{entry.kind}"\n  entry: "{entry.shard}:{entry.index}"\n']
    if entry.act_id is not None:
        lines.append(f'  act: "{entry.act_id}"\n')
    for debit, credit, asset, units in entry.transfers:
        amount = f"{format_minor(units, minor_digits=digits[asset])} {asset}\n"
        lines.append(f"  {exported(debit)}  {amount}  {exported(credit)}  -{amount}")
    return "".join(lines)


def _assets_of(known: Sequence[tuple[str, str, int]]) -> Iterator[tuple[str, list[str]]]:
    """Each account once, with all that was posted to it."""
    found: dict[str, list[str]] = {}
    for account, asset, _ in known:
        found.setdefault(account, []).append(asset)
    yield from found.items()
