"""The tariff between its message and the house's record."""

from typing import Any

from coalition.api.v1 import partners_pb2
from coalition.api.v1.partners_pb2 import Tariff as TariffMessage
from coalition.wire.strict import invalid
from settlement.house.tariff import Spent, Tariff
from settlement.money import RATE_MAX_MICROS

_SPENT = {
    Spent.REFUSE: partners_pb2.SPENT_REFUSE,
    Spent.ARREARS: partners_pb2.SPENT_ARREARS,
    Spent.BEAR: partners_pb2.SPENT_BEAR,
}


def read_tariff(message: Any) -> Tariff:
    """The tariff that a message states. CoalitionError FIELD_INVALID names the term that is out of bounds."""
    _bound(message.reimbursement_micros, "reimbursement_micros", least=1, most=RATE_MAX_MICROS)
    spent = next((term for term, value in _SPENT.items() if value == message.spent), None)
    if spent is None:
        raise invalid("tariff.spent", "SPENT_REFUSE, SPENT_ARREARS or SPENT_BEAR")
    return Tariff(rate_micros=message.reimbursement_micros, spent=spent)


def spell_tariff(tariff: Tariff) -> TariffMessage:
    """The message that states a tariff."""
    return TariffMessage(reimbursement_micros=tariff.rate_micros, spent=_SPENT[tariff.spent])


def _bound(value: int, term: str, *, least: int, most: int) -> None:
    if not least <= value <= most:
        raise invalid(f"tariff.{term}", f"from {least} to {most}")
