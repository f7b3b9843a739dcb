"""Beancount and hledger accept the whole ledger, find in it the balances of the trial balance, and notice what is changed."""

import csv
import re
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader
from beancount.core.data import Transaction

from settlement.exports.accounts import exported, of_ledger
from settlement.exports.beancount import beancount
from settlement.exports.hledger import hledger
from settlement.exports.postings import decimals_of, posted
from settlement.exports.texts import Books
from settlement.money import format_minor
from settlement.reporting.moment import now
from settlement.reporting.trial import trial_balance

_POSTING = re.compile(r"^(  +Liabilities:Wallet:\S+  )(-?[1-9][0-9.]*)( PTS)$", re.MULTILINE)


def silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def expected(books: Books) -> dict[tuple[str, str], Decimal]:
    """The trial balance by exported name."""
    lines = trial_balance(books.connection, now(books.connection), each_member=True)
    digits = books.network.minor_digits
    return {
        (exported(line.account), line.asset): Decimal(
            format_minor(line.balance, minor_digits=decimals_of(line.asset, digits))
        )
        for line in lines
        if line.balance
    }


def spoilt(text: str) -> str:
    """A point more in a member's wallet, on one side of one posting."""
    first = _POSTING.search(text)
    assert first is not None
    return text[: first.start(2)] + str(int(first[2]) - 1) + text[first.end(2) :]


def test_beancount_finds_the_balances_of_the_trial_balance(books: Books) -> None:
    found, errors, options = loader.load_string("".join(beancount(books, silent)))
    assert errors == []
    assert options["title"] == books.network.origin
    sums: dict[tuple[str, str], Decimal] = {}
    transactions = [entry for entry in found if isinstance(entry, Transaction)]
    for transaction in transactions:
        for posting in transaction.postings:
            assert posting.units is not None
            key = (posting.account, posting.units.currency)
            sums[key] = sums.get(key, Decimal(0)) + (posting.units.number or 0)
    assert {key: number for key, number in sums.items() if number} == expected(books)
    entries = list(posted(books.connection, silent))
    told = {transaction.meta["entry"]: transaction for transaction in transactions}
    assert len(told) == len(transactions) == len(entries)
    for entry in entries:
        transaction = told[f"{entry.shard}:{entry.index}"]
        assert (transaction.meta.get("act"), transaction.payee) == (entry.act_id, entry.partner)
        assert (transaction.date.isoformat(), transaction.narration) == (entry.day, entry.kind)


def test_beancount_notices_a_changed_amount(books: Books) -> None:
    errors = loader.load_string(spoilt("".join(beancount(books, silent))))[1]
    assert errors != []


def test_the_same_books_give_the_same_text(books: Books) -> None:
    for spell in (beancount, hledger):
        assert list(spell(books, silent)) == list(spell(books, silent))


def test_names_turn_back(books: Books) -> None:
    for line in trial_balance(books.connection, now(books.connection), each_member=True):
        assert of_ledger(exported(line.account)) == line.account


def asked(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["hledger", "--file", path, *words], capture_output=True, text=True, check=False)


@pytest.mark.debian
def test_hledger_is_strict_and_finds_the_same_balances(books: Books, tmp_path: Path) -> None:
    path = tmp_path / "ledger.journal"
    path.write_text("".join(hledger(books, silent)))
    checked = asked(path, "check", "--strict")
    assert checked.returncode == 0, checked.stderr
    told = asked(path, "balance", "--flat", "--no-total", "--layout", "bare", "--output-format", "csv")
    assert told.returncode == 0, told.stderr
    rows = list(csv.DictReader(told.stdout.splitlines()))
    found = {(row["account"], row["commodity"]): Decimal(row["balance"]) for row in rows}
    assert {key: number for key, number in found.items() if number} == expected(books)


@pytest.mark.debian
def test_hledger_notices_a_changed_amount(books: Books, tmp_path: Path) -> None:
    path = tmp_path / "ledger.journal"
    path.write_text(spoilt("".join(hledger(books, silent))))
    assert asked(path, "check", "--strict").returncode != 0
