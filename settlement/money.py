"""Amounts are positive integers of an asset's smallest unit; floats never appear.

Points are counted in whole points (asset `PTS`); value, which is money stored for a member, in the currency's minor units (asset
`VAL`). Money between companies accrues in *micros*: millionths of the currency's unit. At cut-off each obligation is floored to
the currency's *minor* unit (cents) and the fraction stays in the position for the next cycle.
"""

POINTS = "PTS"
VALUE = "VAL"
ASSETS = (POINTS, VALUE)
"""What members can have; in this order the engine sees to them."""
MICROS_PER_UNIT = 1_000_000
AMOUNT_MAX = 10**12
"""Most points, or minor units of value, that one act may move."""
RATE_MAX_MICROS = 9_000_000
"""Dearest point: AMOUNT_MAX points at this rate still fit a 64-bit integer of micros."""
MICROS_MAX = 2**63 - 1
"""Most money that one transfer may move and one line of a leaf may state."""
WALLET_MAX = 10**15
"""Most points, or minor units of value, that one wallet may hold."""
BASIS_POINTS = 10_000
"""Parts of a whole: one basis point is a hundredth of a percent."""


def micros_per_minor(minor_digits: int) -> int:
    """How many micros make one minor unit of a currency with so many decimals (EUR: 2 digits, 10,000 micros)."""
    return MICROS_PER_UNIT // int(10**minor_digits)


def floor_to_minor(amount_micros: int, *, minor_digits: int) -> int:
    """The whole minor units in an accrued amount of micros (never negative)."""
    return amount_micros // micros_per_minor(minor_digits)


def format_minor(amount_minor: int, *, minor_digits: int) -> str:
    """Minor units as people write them: `format_minor(-123456, minor_digits=2)` is `-1234.56`."""
    if not minor_digits:
        return str(amount_minor)
    digits = str(abs(amount_minor)).zfill(minor_digits + 1)
    return f"{'-' if amount_minor < 0 else ''}{digits[:-minor_digits]}.{digits[-minor_digits:]}"


def format_micros(amount_micros: int) -> str:
    """Micros as a decimal number of units with all six decimals: `12000000` is `12.000000`."""
    return format_minor(amount_micros, minor_digits=6)
