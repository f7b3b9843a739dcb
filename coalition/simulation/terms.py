"""Terms of tariffs that a story's people ask for."""

from settlement.house.tariff import CutOffEvery, Spent, Tariff

HOLD_MINUTES = 5
"""Holds and tariffs ask for fewer minutes than these, so that some run out within a story."""
EXPIRIES = ("never", "months-1", "month-end-0", "month-end-1", "year-end-0", "activity-1", "activity-2")
VALUE_EXPIRIES = ("never", "months-1", "never", "month-end-0", "year-end-0")
CALENDARS = ("none", "target2", "DE", "FR")
CUT_OFFS = ("none", "00:00", "06:00", "12:00", "18:00", "02:30", "23:59")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")


def drawn_tariff(chance: int, *, pooled: bool) -> Tariff:
    """Terms drawn by a number."""
    return Tariff(
        1 + chance * 97,
        hold_minutes=1 + chance % HOLD_MINUTES,
        expiry=EXPIRIES[chance % len(EXPIRIES)],
        grace_days=chance % 4,
        spent=tuple(Spent)[chance // 7 % len(Spent)],
        price_micros=1 + chance * 53 if pooled else 0,
        fee_micros=chance % 7 * 31,
        interchange_micros=chance % 5 * 101,
        rebate_basis_points=chance * 10 if pooled else 0,
        transfer_points_max=(0, 40, 10**12)[chance // 3 % 3],
        transfer_daily_max=(0, 60, 400)[chance // 5 % 3],
        transfer_fee_micros=chance % 3 * 41,
        notice_days=chance % 3 * 5,
        consent_above=chance % 50 if chance % 3 == 0 else None,
        value_expiry=VALUE_EXPIRIES[chance // 2 % len(VALUE_EXPIRIES)],
        value_consent_above=chance % 40 if chance % 4 == 0 else None,
        value_transfer_max=(0, 40, 10**12)[chance % 3],
        calendar=CALENDARS[chance % len(CALENDARS)],
        cut_off=CUT_OFFS[chance % len(CUT_OFFS)],
        cut_off_zone=ZONES[chance // 2 % len(ZONES)],
        cut_off_every=tuple(CutOffEvery)[chance // 3 % len(CutOffEvery)],
        objection_hours=min(1, chance % 3),
        payment_days=chance % 3,
        minimum_payment_minor=(0, 20, 200)[chance // 4 % 3],
        swing_warning_basis_points=(0, 1_000, 20_000)[chance % 3],
        vat_basis_points=(0, 1_900, 2_100)[chance % 3],
    )
