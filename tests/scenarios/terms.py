"""Terms of a tariff and spans of time, as a scenario writes them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from coalition.wire.tariffs import check_expiry
from settlement.clock import HOUR_US, SECOND_US
from settlement.house.tariff import CutOffEvery, Spent, Tariff
from tests.scenarios.scene import micros

UNITS_US = {"s": SECOND_US, "m": 60 * SECOND_US, "h": HOUR_US, "d": 24 * HOUR_US}
MONEY = {name: f"{name}_micros" for name in ("rate", "price", "fee", "interchange", "transfer_fee")}
"""Terms written as an amount of money for one point."""
NUMBERS = {
    "hold": "hold_minutes",
    "grace": "grace_days",
    "rebate": "rebate_basis_points",
    "transfer": "transfer_points_max",
    "transfer_daily": "transfer_daily_max",
    "notice": "notice_days",
    "consent": "consent_above",
    "value_consent": "value_consent_above",
    "value_transfer": "value_transfer_max",
    "objection": "objection_hours",
    "payment_days": "payment_days",
    "minimum_payment": "minimum_payment_minor",
    "swing": "swing_warning_basis_points",
    "vat": "vat_basis_points",
}
"""Terms written as a whole number."""
WORDS: dict[str, Callable[[str], str]] = {
    "expiry": check_expiry,
    "value_expiry": check_expiry,
    "spent": Spent,
    "calendar": str,
    "cut_off": str,
    "cut_off_zone": str,
    "cut_off_every": CutOffEvery,
}
"""Terms written as a leaf spells them."""


def with_terms(tariff: Tariff, words: list[str]) -> Tariff:
    """The tariff with other terms: `rate 0.01 fee 0.001`. ValueError says what can be written."""
    said: dict[str, Any] = {}
    for name, value in zip(words[::2], [*words[1::2], ""][: len(words[::2])], strict=True):
        if name in MONEY:
            said[MONEY[name]] = micros(value)
        elif name in NUMBERS and value.isdigit():
            said[NUMBERS[name]] = int(value)
        elif name in WORDS:
            said[name] = WORDS[name](value)
        else:
            raise ValueError(f"write terms with their values: {', '.join([*MONEY, *NUMBERS, *WORDS])}")
    return replace(tariff, **said)


def span_us(text: str) -> int:
    """A span of time: `90s`, `3d`."""
    if text[-1:] not in UNITS_US or not text[:-1].isdigit():
        raise ValueError(f"write a span of time as 90s, 15m, 2h or 3d, not {text}")
    return int(text[:-1]) * UNITS_US[text[-1]]
