"""The tariff between its messages and the house's record."""

from typing import Any

from coalition.api.v1.partners_pb2 import Tariff as TariffMessage
from coalition.api.v1.partners_pb2 import TariffProposal
from coalition.wire.strict import invalid, read_time, write_time
from settlement.house.tariff import Tariff
from settlement.money import BASIS_POINTS, RATE_MAX_MICROS


def read_tariff(message: Any) -> Tariff:
    """The tariff that a message states. CoalitionError FIELD_INVALID names the term that is out of bounds."""
    _bound(message, "reimbursement_micros", least=1, most=RATE_MAX_MICROS)
    _bound(message, "price_micros", most=RATE_MAX_MICROS)
    _bound(message, "fee_micros", most=RATE_MAX_MICROS)
    _bound(message, "interchange_micros", most=RATE_MAX_MICROS)
    _bound(message, "rebate_basis_points", most=BASIS_POINTS)
    return Tariff(
        rate_micros=message.reimbursement_micros,
        price_micros=message.price_micros,
        fee_micros=message.fee_micros,
        interchange_micros=message.interchange_micros,
        rebate_basis_points=message.rebate_basis_points,
    )


def spell_tariff(tariff: Tariff) -> TariffMessage:
    """The message that states a tariff."""
    return TariffMessage(
        reimbursement_micros=tariff.rate_micros,
        price_micros=tariff.price_micros,
        fee_micros=tariff.fee_micros,
        interchange_micros=tariff.interchange_micros,
        rebate_basis_points=tariff.rebate_basis_points,
    )


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
