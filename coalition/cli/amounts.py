"""Amounts of money as people type them, read exactly or not at all."""

from decimal import Decimal, InvalidOperation

from settlement.errors import CoalitionError
from settlement.house.funding import SHARES_MAX
from settlement.money import BASIS_POINTS, MICROS_MAX, MICROS_PER_UNIT, RATE_MAX_MICROS, format_micros


def point_value_micros(text: str) -> int:
    """What a point is worth, `0.01`, in millionths of the currency's unit. FIELD_INVALID if inexact or out of range."""
    return _rate(text, "point-value", least=1)


def price_micros(text: str) -> int:
    """What is paid for a point, `0.0005`, in millionths of the currency's unit. FIELD_INVALID if inexact or out of range."""
    return _rate(text, "price", least=0)


def _rate(text: str, field: str, *, least: int) -> int:
    micros = _units(text, field, parts=MICROS_PER_UNIT)
    if not least <= micros <= RATE_MAX_MICROS:
        limits = f"from {format_micros(least)} to {format_micros(RATE_MAX_MICROS)} units for a point"
        raise CoalitionError("FIELD_INVALID", f"it must be {limits}", field=field)
    return micros


def share_basis_points(text: str) -> int:
    """A share in percent, `12.5`, in basis points. FIELD_INVALID if inexact or out of range."""
    share = _units(text.removesuffix("%"), "share", parts=BASIS_POINTS // 100)
    if not 1 <= share <= SHARES_MAX:
        raise CoalitionError("FIELD_INVALID", "a share is from 0.01 to 99.99 percent", field="share")
    return share


def amount_minor(text: str, *, minor_digits: int) -> int:
    """A positive amount of money, `12.50`, in minor units. FIELD_INVALID if inexact or out of range."""
    minor = _units(text, "amount", parts=10**minor_digits)
    if not 1 <= minor <= MICROS_MAX:
        raise CoalitionError("FIELD_INVALID", "an amount is above zero and not astronomic", field="amount")
    return minor


def _units(text: str, field: str, *, parts: int) -> int:
    try:
        exact = Decimal(text) * parts
        if exact.is_finite() and exact == exact.to_integral_value():
            return int(exact)
    except InvalidOperation:
        pass
    decimals = len(str(parts)) - 1
    message = (
        f"{text!r} is no number with at most {decimals} decimals after a point and without commas, as 1200"
    )
    raise CoalitionError("FIELD_INVALID", message, field=field)
