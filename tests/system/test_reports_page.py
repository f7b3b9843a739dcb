"""docs/reports.md shows what happens: its commands are typed as those of docs/acts.md are, and its table is the code's.

`pytest tests/system/test_reports_page.py --rewrite` writes what came back into the page, to be read in the diff.
"""

import re
from pathlib import Path

import pytest

from settlement.exports.accounts import ROOT_OF
from tests.support.network import RunningServer
from tests.system.test_acts_page import played

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reports.md"


def test_every_session_goes_as_the_page_says(
    network: RunningServer, rewrites: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text()
    went = played(page, network)
    if rewrites:
        PAGE.write_text(went)
    else:
        assert went == page


def test_the_roots_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `([A-Z][a-z]+)` \| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    assert {kind: root for root, kinds in rows for kind in re.findall(r"`([a-z-]+)`", kinds)} == ROOT_OF
