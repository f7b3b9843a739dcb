"""From a request about opening balances to its act."""

from typing import Any

from coalition.wire.strict import read_amount, read_partner_id, read_sha256
from settlement.house.acts import ApproveOpening, ProposeOpening
from settlement.money import AMOUNT_MAX, MICROS_MAX

OPENING_ROWS_MAX = 100_000_000


def read_opening_proposal(request: Any) -> ProposeOpening:
    """A partner's file and its control totals: points, value, or both."""
    rows = read_amount(request.rows, "rows", most=OPENING_ROWS_MAX)
    members = read_amount(request.members, "members", most=rows)
    most = min(rows * AMOUNT_MAX, MICROS_MAX)
    value = request.value and read_amount(request.value, "value", most=most)
    points = 0 if value and not request.points else read_amount(request.points, "points", most=most)
    return ProposeOpening(read_sha256(request.file_sha256, "file_sha256"), rows, members, points, value)


def read_opening_approval(request: Any) -> ApproveOpening:
    """Whose file is approved."""
    partner = read_partner_id(request.partner_id, "partner_id")
    return ApproveOpening(partner, read_sha256(request.file_sha256, "file_sha256"))
