"""Control totals that no file can have are errors that name the total, and nothing is recorded."""

import pytest

from coalition.api.v1.opening_pb2 import ProposeOpeningRequest
from tests.support.door import Door


@pytest.mark.parametrize(
    ("points", "value", "reason", "field"),
    [
        (0, 0, "AMOUNT_NOT_POSITIVE", "points"),
        (60, -1, "AMOUNT_NOT_POSITIVE", "value"),
        (-1, 2_500, "AMOUNT_NOT_POSITIVE", "points"),
        (0, 3 * 10**12 + 1, "AMOUNT_TOO_LARGE", "value"),
        (3 * 10**12 + 1, 1, "AMOUNT_TOO_LARGE", "points"),
    ],
)
def test_a_total_out_of_its_bounds_is_named(
    door: Door, points: int, value: int, reason: str, field: str
) -> None:
    proposed = ProposeOpeningRequest(file_sha256=bytes(32), rows=3, members=2, points=points, value=value)
    with door.records_nothing():
        answer = door.ask("bakery", proposed)
        answer.is_error(reason)
        assert answer.field == field
