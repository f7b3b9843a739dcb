"""A line that means nothing is named with what to write instead, and nothing that a file claims is believed."""

from pathlib import Path

import pytest

from tests.scenarios.play import on_stand_in
from tests.scenarios.scenario import ScenarioError, read
from tests.scenarios.views import VIEWS

HEADER = "network   model bilateral  rate 0.01  shards 1\npartners  bakery\nmembers   maria\n"


def came_out(folder: Path, text: str) -> str:
    path = folder / "story.txt"
    path.write_text(text)
    return on_stand_in(read(path, tuple(VIEWS))).text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("bakery issue-1", "story.txt:4: write [WHEN] WHO ACT WHAT ->"),
        ("balances please", "story.txt:4: write [WHEN] WHO ACT WHAT ->"),
        ("bakery issue-1 500 for maria ->", "story.txt:4: write: issue-1 AMOUNT to MEMBER"),
        ("bakery issue-1 many to maria ->", "story.txt:4: write POINTS as 500 or 12,500, not many"),
        (
            "operator tariff-propose-1 rate cheap ->",
            "story.txt:4: write an amount of money as 12.50, not cheap",
        ),
        ("bakery gift-1 500 to maria ->", "story.txt:4: no act is called gift, only issue, redeem"),
        (
            "bakery again issue-9 ->",
            "story.txt:4: write: again ACT, and name one that the same company asked for",
        ),
        ("cinema issue-1 5 to maria ->", "story.txt:4: cinema has no key to sign with"),
        ("worker sleep ->", "story.txt:4: write: worker run"),
    ],
)
def test_a_line_that_means_nothing(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        came_out(tmp_path, f"{HEADER}{line}\n")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("members   maria\n", "", "story.txt:1: the header lacks its line 'members'"),
        ("rate 0.01", "", "story.txt:1: write: network  model bilateral"),
        ("rate 0.01", "rate", "story.txt:1: write an amount of money as 12.50, not "),
        (
            "bakery",
            "-",
            "story.txt:2: errors have their cause: FIELD_INVALID: its cause is not there: partner_id must be",
        ),
    ],
)
def test_a_header_that_founds_nothing(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        came_out(tmp_path, HEADER.replace(old, new) + "bakery issue-1 500 to maria ->\n")
    assert str(caught.value).startswith(message)


def test_what_a_file_claims_is_not_believed(tmp_path: Path) -> None:
    step = "bakery  redeem-1  500 of maria  ->"
    truth = came_out(tmp_path, f"{HEADER}{step}\nbalances\n")
    assert (
        truth
        == f"{HEADER}{step} refused INSUFFICIENT_POINTS\nbalances\n  | account  debit  credit\n  | total        -       -\n"
    )
    assert (
        came_out(tmp_path, f"{HEADER}{step} ok, balance 7\nbalances\n  | account\n  | wallet:maria 7\n")
        == truth
    )
