"""Every account of the ledger has a name elsewhere that turns back, and that Beancount takes."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import CoalitionError
from settlement.exports.accounts import ROOT_OF, exported, of_ledger
from settlement.ids import PARTNER_PATTERN, UUID_PATTERN

CHART = Path(__file__).resolve().parents[3] / "docs" / "ledger.md"
PART = re.compile(r"[A-Z0-9][A-Za-z0-9-]*", re.ASCII)
parts = st.from_regex(PARTNER_PATTERN, fullmatch=True) | st.from_regex(UUID_PATTERN, fullmatch=True)


@given(st.sampled_from(sorted(ROOT_OF)), st.lists(parts | st.integers(1, 64).map(str), max_size=2))
def test_a_name_turns_back_and_beancount_takes_it(kind: str, names: list[str]) -> None:
    account = ":".join([kind, *names])
    assert of_ledger(exported(account)) == account
    assert all(PART.fullmatch(part) for part in exported(account).split(":"))


def test_every_account_of_the_chart_has_a_root() -> None:
    chart = CHART.read_text().partition("## Chart of accounts")[2].partition("## ")[0]
    kinds = set(re.findall(r"^\| `([a-z-]+)", chart, re.MULTILINE))
    assert "position" in kinds
    assert kinds <= ROOT_OF.keys()


def test_an_account_of_no_known_kind_stops_the_export() -> None:
    with pytest.raises(CoalitionError) as raised:
        exported("treasure:bakery")
    assert raised.value.reason == "BOOKS_INCONSISTENT"
