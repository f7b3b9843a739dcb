"""The tariff between its messages and the house's record."""

from typing import Any

from coalition.api.v1 import partners_pb2
from coalition.api.v1.partners_pb2 import Tariff as TariffMessage
from coalition.api.v1.partners_pb2 import TariffProposal
from coalition.wire.strict import invalid, read_time, write_time
from settlement.house.tariff import HOLD_MINUTES_MAX, Spent, Tariff
from settlement.money import AMOUNT_MAX, BASIS_POINTS, RATE_MAX_MICROS, WALLET_MAX

EXPIRY_COUNT_MAX = 600
DAYS_MAX = 3_650
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


def read_tariff(message: Any) -> Tariff:
    """The tariff that a message states. CoalitionError FIELD_INVALID names the term that is out of bounds."""
    _bound(message, "reimbursement_micros", least=1, most=RATE_MAX_MICROS)
    _bound(message, "hold_minutes", least=1, most=HOLD_MINUTES_MAX)
    expiry = _read_expiry(message, "expiry")
    _bound(message, "grace_days", most=DAYS_MAX)
    spent = next((term for term, value in _SPENT.items() if value == message.spent), None)
    if spent is None:
        raise invalid("tariff.spent", "SPENT_REFUSE, SPENT_ARREARS or SPENT_BEAR")
    for term in ("price_micros", "fee_micros", "interchange_micros"):
        _bound(message, term, most=RATE_MAX_MICROS)
    _bound(message, "rebate_basis_points", most=BASIS_POINTS)
    _bound(message, "transfer_points_max", most=AMOUNT_MAX)
    _bound(message, "transfer_daily_max", most=WALLET_MAX)
    _bound(message, "transfer_fee_micros", most=RATE_MAX_MICROS)
    _bound(message, "notice_days", most=DAYS_MAX)
    _bound(message, "consent_above", most=AMOUNT_MAX)
    _bound(message, "value_consent_above", most=AMOUNT_MAX)
    _bound(message, "value_transfer_max", most=AMOUNT_MAX)
    return Tariff(
        rate_micros=message.reimbursement_micros,
        hold_minutes=message.hold_minutes,
        expiry=expiry,
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
