"""What one part of the network lets in, the next one can take."""

import pytest

from coalition.wire.settlements import AMOUNT_MINOR_MAX
from settlement.money import MICROS_MAX, micros_per_minor


@pytest.mark.parametrize("minor_digits", range(7))
def test_every_leg_that_can_be_approved_can_be_confirmed(minor_digits: int) -> None:
    assert MICROS_MAX // micros_per_minor(minor_digits) <= AMOUNT_MINOR_MAX
