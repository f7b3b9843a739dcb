"""`coalition practice` as people use it: in a network that was founded for it, and in one that was not."""

from pathlib import Path

import pytest

from settlement import embedded
from tests.support.command import run
from tests.support.network import RunningServer


@pytest.mark.embedded
def test_a_network_founded_for_practice_says_so_and_its_days_pass(tmp_path: Path) -> None:
    data = tmp_path / "data"
    try:
        founded = run("db", "init", "--name", "clearing.example/practice", "--practice", data=data)
        assert "founded clearing.example/practice, for practice" in founded.out
        first = run("practice", "forward", "--days", "30", "--json", data=data).document["now"]
        second = run("practice", "forward", "--days", "1", "--json", data=data).document["now"]
        assert first[:10] < second[:10]
        assert (
            "in clearing.example/practice it is " in run("practice", "forward", "--days", "1", data=data).out
        )
        assert run("db", "start", data=data).code == 0
        assert run("db", "status", "--json", data=data).document["practice"] is True
        assert run("fsck", data=data).code == 0
        too_far = run("practice", "forward", "--days", "36500", data=data)
        assert (too_far.code, "days must be from 1 to 36468" in too_far.err) == (1, True)
    finally:
        embedded.stop(data)


def test_no_day_of_a_real_network_passes_before_its_time(network: RunningServer) -> None:
    refused = run(
        *("practice", "forward", "--days", "7"),
        data=network.site.data,
        env={"COALITION_DATABASE_URL": network.site.database_url or ""},
    )
    assert (refused.code, "error NOT_FOR_PRACTICE" in refused.err) == (1, True)


@pytest.mark.parametrize("days", ["0", "-3", "many"])
def test_a_number_of_days_that_is_none_is_wrong_usage(tmp_path: Path, days: str) -> None:
    assert run("practice", "forward", f"--days={days}", data=tmp_path).code == 2
