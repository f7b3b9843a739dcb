"""The tariff between its message and the house's record."""

from typing import Any

from coalition.api.v1.partners_pb2 import Tariff as TariffMessage
from coalition.wire.strict import invalid
from settlement.house.tariff import HOLD_MINUTES_MAX, Tariff
from settlement.money import RATE_MAX_MICROS


def read_tariff(message: Any) -> Tariff:
    """The tariff that a message states. CoalitionError FIELD_INVALID names the term that is out of bounds."""
    _bound(message.reimbursement_micros, "reimbursement_micros", least=1, most=RATE_MAX_MICROS)
    _bound(message.hold_minutes, "hold_minutes", least=1, most=HOLD_MINUTES_MAX)
    return Tariff(rate_micros=message.reimbursement_micros, hold_minutes=message.hold_minutes)


def spell_tariff(tariff: Tariff) -> TariffMessage:
    """The message that states a tariff."""
    return TariffMessage(reimbursement_micros=tariff.rate_micros, hold_minutes=tariff.hold_minutes)


def _bound(value: int, term: str, *, least: int, most: int) -> None:
    if not least <= value <= most:
        raise invalid(f"tariff.{term}", f"from {least} to {most}")
