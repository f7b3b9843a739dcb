"""A long life: whatever goes wrong, the engine does what the second model says, and nothing else."""

from dataclasses import replace

import pytest

from coalition.simulation.run import live
from coalition.simulation.story import tell
from settlement.house.records import BILATERAL


def test_fifty_thousand_acts_that_come_four_at_a_time_keep_every_law() -> None:
    lived = live(replace(tell(11, acts=50_000), pace=4.0))
    assert lived.heard["accepted"] > 18_000


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 110))
def test_a_bilateral_network_keeps_every_law_over_a_million_acts_in_ten_stories(seed: int) -> None:
    live(tell(seed, acts=100_000, model=BILATERAL))
