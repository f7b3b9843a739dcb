"""The tariff between its messages and the house's record."""

import re
from typing import Any

from coalition.api.v1 import partners_pb2
from coalition.api.v1.partners_pb2 import Tariff as TariffMessage
from coalition.api.v1.partners_pb2 import TariffProposal
from coalition.wire.strict import invalid, read_time, write_time
from settlement.house.tariff import HOLD_MINUTES_MAX, CutOffEvery, Spent, Tariff
from settlement.money import AMOUNT_MAX, BASIS_POINTS, RATE_MAX_MICROS, WALLET_MAX

EXPIRY_COUNT_MAX = 600
DAYS_MAX = 3_650
OBJECTION_HOURS_MAX, PAYMENT_DAYS_MAX = 8_760, 365
SWING_MAX = 100 * BASIS_POINTS
CALENDAR = re.compile(r"none|target2|[A-Z]{2}")
CUT_OFF = re.compile(r"none|(?:[01]\d|2[0-3]):[0-5]\d")
ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{1,39}")
_EXPIRIES = {
    "never": (partners_pb2.LOT_EXPIRY_NEVER, 0, 0),
    "months": (partners_pb2.LOT_EXPIRY_MONTHS, 1, EXPIRY_COUNT_MAX),
    "month-end": (partners_pb2.LOT_EXPIRY_MONTH_END, 0, EXPIRY_COUNT_MAX),
    "year-end": (partners_pb2.LOT_EXPIRY_YEAR_END, 0, EXPIRY_COUNT_MAX),
    "activity": (partners_pb2.LOT_EXPIRY_ACTIVITY, 1, EXPIRY_COUNT_MAX),
}
"""A kind of expiry to its number on the wire, and the bounds of its count."""
_KINDS = {number: (kind, least, most) for kind, (number, least, most) in _EXPIRIES.items()}
_SPENT = {
    Spent.REFUSE: partners_pb2.SPENT_REFUSE,
    Spent.ARREARS: partners_pb2.SPENT_ARREARS,
    Spent.BEAR: partners_pb2.SPENT_BEAR,
}
_BOUNDS = {
    "reimbursement_micros": (1, RATE_MAX_MICROS),
    "hold_minutes": (1, HOLD_MINUTES_MAX),
    "grace_days": (0, DAYS_MAX),
    "price_micros": (0, RATE_MAX_MICROS),
    "fee_micros": (0, RATE_MAX_MICROS),
    "interchange_micros": (0, RATE_MAX_MICROS),
    "rebate_basis_points": (0, BASIS_POINTS),
    "transfer_points_max": (0, AMOUNT_MAX),
    "transfer_daily_max": (0, WALLET_MAX),
    "transfer_fee_micros": (0, RATE_MAX_MICROS),
    "notice_days": (0, DAYS_MAX),
    "consent_above": (0, AMOUNT_MAX),
    "value_consent_above": (0, AMOUNT_MAX),
    "value_transfer_max": (0, AMOUNT_MAX),
    "objection_hours": (0, OBJECTION_HOURS_MAX),
    "payment_days": (0, PAYMENT_DAYS_MAX),
    "minimum_payment_minor": (0, AMOUNT_MAX),
    "swing_warning_basis_points": (0, SWING_MAX),
    "vat_basis_points": (0, BASIS_POINTS),
}
"""Terms that are numbers, and their bounds."""
_EVERY = {
    CutOffEvery.DAY: partners_pb2.CUT_OFF_EVERY_DAY,
    CutOffEvery.WEEK: partners_pb2.CUT_OFF_EVERY_WEEK,
    CutOffEvery.MONTH: partners_pb2.CUT_OFF_EVERY_MONTH,
}


def read_tariff(message: Any) -> Tariff:
    """The tariff that a message states. CoalitionError FIELD_INVALID names the term that is out of bounds."""
    for term, (least, most) in _BOUNDS.items():
        _bound(message, term, least=least, most=most)
    spent = next((term for term, value in _SPENT.items() if value == message.spent), None)
    if spent is None:
        raise invalid("tariff.spent", "SPENT_REFUSE, SPENT_ARREARS or SPENT_BEAR")
    return Tariff(
        rate_micros=message.reimbursement_micros,
        hold_minutes=message.hold_minutes,
        expiry=_read_expiry(message, "expiry"),
        grace_days=message.grace_days,
        spent=spent,
        price_micros=message.price_micros,
        fee_micros=message.fee_micros,
        interchange_micros=message.interchange_micros,
        rebate_basis_points=message.rebate_basis_points,
        transfer_points_max=message.transfer_points_max,
        transfer_daily_max=message.transfer_daily_max,
        transfer_fee_micros=message.transfer_fee_micros,
        notice_days=message.notice_days,
        consent_above=_optional(message, "consent_above"),
        value_expiry=_read_expiry(message, "value_expiry"),
        value_consent_above=_optional(message, "value_consent_above"),
        value_transfer_max=message.value_transfer_max,
        **_read_cut_off(message),
        objection_hours=message.objection_hours,
        payment_days=message.payment_days,
        minimum_payment_minor=message.minimum_payment_minor,
        swing_warning_basis_points=message.swing_warning_basis_points,
        vat_basis_points=message.vat_basis_points,
    )


def spell_tariff(tariff: Tariff) -> TariffMessage:
    """The message that states a tariff."""
    expiry, count = _spell_expiry(tariff.expiry)
    value_expiry, value_count = _spell_expiry(tariff.value_expiry)
    return TariffMessage(
        reimbursement_micros=tariff.rate_micros,
        hold_minutes=tariff.hold_minutes,
        expiry=expiry,
        expiry_count=count,
        grace_days=tariff.grace_days,
        spent=_SPENT[tariff.spent],
        price_micros=tariff.price_micros,
        fee_micros=tariff.fee_micros,
        interchange_micros=tariff.interchange_micros,
        rebate_basis_points=tariff.rebate_basis_points,
        transfer_points_max=tariff.transfer_points_max,
        transfer_daily_max=tariff.transfer_daily_max,
        transfer_fee_micros=tariff.transfer_fee_micros,
        notice_days=tariff.notice_days,
        consent_above=tariff.consent_above,
        value_expiry=value_expiry,
        value_expiry_count=value_count,
        value_consent_above=tariff.value_consent_above,
        value_transfer_max=tariff.value_transfer_max,
        calendar=tariff.calendar,
        cut_off=tariff.cut_off,
        cut_off_zone=tariff.cut_off_zone,
        cut_off_every=_EVERY[tariff.cut_off_every],
        objection_hours=tariff.objection_hours,
        payment_days=tariff.payment_days,
        minimum_payment_minor=tariff.minimum_payment_minor,
        swing_warning_basis_points=tariff.swing_warning_basis_points,
        vat_basis_points=tariff.vat_basis_points,
    )


def _spell_expiry(term: str) -> tuple[partners_pb2.LotExpiry.ValueType, int]:
    kind, _, count = term.rpartition("-")
    return _EXPIRIES[kind or term][0], int(count) if kind else 0


def check_expiry(term: str) -> str:
    """The term `expiry` or `value-expiry`, as it is spelled. CoalitionError FIELD_INVALID if no tariff can have it."""
    kind, _, count = term.rpartition("-")
    known = kind in _EXPIRIES and kind != "never" and count.isascii() and count.isdigit()
    if term != "never" and not (known and str(int(count)) == count):
        raise invalid("expiry", "never, months-N, month-end-N, year-end-N or activity-N")
    return term if term == "never" else _read_expiry(spell_tariff(Tariff(1, expiry=term)), "expiry")


def _read_expiry(message: Any, term: str) -> str:
    """One of the two terms on expiry, as a tariff spells it."""
    number, count = getattr(message, term), f"{term}_count"
    if number not in _KINDS:
        names = [partners_pb2.LotExpiry.Name(each).removeprefix("LOT_EXPIRY_") for each in _KINDS]
        raise invalid(f"tariff.{term}", f"one of {', '.join(names)}")
    kind, least, most = _KINDS[number]
    _bound(message, count, least=least, most=most)
    return kind if kind == "never" else f"{kind}-{getattr(message, count)}"


def _read_cut_off(message: Any) -> dict[str, Any]:
    """When cycles are closed by themselves. Whether a country or a zone is known is for the ledger to say."""
    for term, pattern, demand in (
        ("calendar", CALENDAR, "none, target2, or a country's two letters"),
        ("cut_off", CUT_OFF, "none, or a time of day as 18:00"),
        ("cut_off_zone", ZONE, "a time zone's name, as Europe/Berlin or UTC"),
    ):
        if pattern.fullmatch(getattr(message, term)) is None:
            raise invalid(f"tariff.{term}", demand)
    every = next((each for each, value in _EVERY.items() if value == message.cut_off_every), None)
    if every is None:
        raise invalid("tariff.cut_off_every", "CUT_OFF_EVERY_DAY, _WEEK or _MONTH")
    return {
        "calendar": message.calendar,
        "cut_off": message.cut_off,
        "cut_off_zone": message.cut_off_zone,
        "cut_off_every": every,
    }


def _optional(message: Any, term: str) -> int | None:
    return getattr(message, term) if message.HasField(term) else None


def read_tariff_proposal(message: Any) -> tuple[str, Tariff, int | None]:
    """The network, the tariff, and from when it is to be in force (None: at once). CoalitionError FIELD_INVALID."""
    from_us = None
    if message.HasField("effective_from"):
        from_us = read_time(message.effective_from, "proposal.effective_from")
    return message.audience, read_tariff(message.tariff), from_us


def spell_tariff_proposal(audience: str, tariff: Tariff, from_us: int | None) -> bytes:
    """The exact bytes of a proposal, which two people agree on."""
    return tariff_proposal(audience, tariff, from_us).SerializeToString(deterministic=True)


def tariff_proposal(audience: str, tariff: Tariff, from_us: int | None) -> TariffProposal:
    """The message that proposes a tariff."""
    message = TariffProposal(audience=audience, tariff=spell_tariff(tariff))
    if from_us is not None:
        write_time(message.effective_from, from_us)
    return message


def _bound(message: Any, term: str, *, least: int = 0, most: int) -> None:
    if not least <= getattr(message, term) <= most:
        raise invalid(f"tariff.{term}", f"from {least} to {most}")
