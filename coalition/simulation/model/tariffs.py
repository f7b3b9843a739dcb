"""Tariffs, and the two people who change them: docs/ledger.md, "A tariff by two people"."""

from dataclasses import dataclass

from coalition.simulation.model.terms import PROPOSAL_LIFE_US, Answer, Line, ModelError, Place, spell_time
from coalition.simulation.model.timeline import Timeline
from settlement.house.acts import ApproveTariff, ProposeTariff
from settlement.house.tariff import Tariff as Terms

SPELLED = {
    "rate-micros": "rate_micros",
    "hold-minutes": "hold_minutes",
    "expiry": "expiry",
    "grace-days": "grace_days",
    "spent": "spent",
    "price-micros": "price_micros",
    "fee-micros": "fee_micros",
    "interchange-micros": "interchange_micros",
    "rebate-basis-points": "rebate_basis_points",
    "transfer-points-max": "transfer_points_max",
    "transfer-daily-max": "transfer_daily_max",
    "transfer-fee-micros": "transfer_fee_micros",
    "notice-days": "notice_days",
    "consent-above": "consent_above",
    "value-expiry": "value_expiry",
    "value-consent-above": "value_consent_above",
    "value-transfer-max": "value_transfer_max",
    "calendar": "calendar",
    "cut-off": "cut_off",
    "cut-off-zone": "cut_off_zone",
    "cut-off-every": "cut_off_every",
    "objection-hours": "objection_hours",
    "payment-days": "payment_days",
    "minimum-payment-minor": "minimum_payment_minor",
    "swing-warning-basis-points": "swing_warning_basis_points",
    "vat-basis-points": "vat_basis_points",
}
"""Every term as a leaf names it and as it is asked for, in the leaf's order."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """Terms in force, and the house entry that put them there."""

    number: int
    terms: Terms


@dataclass(slots=True)
class Proposal:
    """What one person proposed."""

    sha256: str
    terms: Terms
    from_us: int | None
    proposer: str
    proposed_at_us: int
    approved: bool = False


class Tariffs:
    """Which tariff is in force under a house size, and what was proposed."""

    def __init__(self, model: str, founding: Terms) -> None:
        self._model = model
        self._in_force = Timeline(0, Tariff(0, founding))
        self.proposals: list[Proposal] = []
        self.coming: Proposal | None = None
        self.started = 0
        """How many tariffs that were dated ahead the engine has put in force."""
        self.numbered = {0: self.at(1)}

    def at(self, house: int) -> Tariff:
        """The tariff in force under a house size."""
        tariff = self._in_force.at(house)
        assert tariff is not None, "the founding sets one"
        return tariff

    def allows(self, terms: Terms) -> bool:
        """Whether the settlement model knows such terms: prices and rebates belong to the pool, and there a point has a price.

        No redeemer pays more for a point than it is paid, and nobody's value expires for want of an act.
        """
        if terms.value_expiry.partition("-")[0] == "activity":
            return False
        if terms.interchange_micros > terms.rate_micros:
            return False
        if self._model == "pool":
            return terms.price_micros >= 1
        return terms.price_micros == terms.rebate_basis_points == 0

    def propose(self, place: Place, person: str, body: ProposeTariff) -> Answer:
        """A tariff that another person may approve. ModelError FIELD_INVALID: the settlement model knows no such terms."""
        if not self.allows(body.tariff):
            raise ModelError("FIELD_INVALID", f"a {self._model} has no such terms")
        said = Proposal(body.proposal_sha256, body.tariff, body.from_us, person, place.time_us)
        self.proposals.append(said)
        about: list[Line] = [
            ("term", f"{name} {_spell(getattr(body.tariff, term))}") for name, term in SPELLED.items()
        ]
        about.append(("proposal", body.proposal_sha256))
        if body.from_us is not None:
            about.append(("from", spell_time(body.from_us)))
        return Answer(None, about)

    def approve(self, place: Place, person: str, body: ApproveTariff) -> Answer:
        """The newest proposal with this hash takes the place of whatever was to come."""
        about = [("proposal", body.proposal_sha256)]
        found = [each for each in self.proposals if each.sha256 == body.proposal_sha256]
        if not found:
            return Answer("PROPOSAL_UNKNOWN", about)
        proposal = found[-1]
        if proposal.approved:
            return Answer("ALREADY_APPROVED", about)
        if place.time_us - proposal.proposed_at_us > PROPOSAL_LIFE_US:
            return Answer("PROPOSAL_EXPIRED", about)
        if person == proposal.proposer:
            return Answer("SAME_PERSON", about)
        proposal.approved, self.coming = True, proposal
        if proposal.from_us is None or place.time_us >= proposal.from_us:
            self._put_in_force(place)
        return Answer(None, about)

    def start(self, place: Place) -> tuple[Line, ...]:
        """The lines of the entry that puts the coming tariff in force. ModelError NO_TARIFF_DUE."""
        coming = self.coming
        if coming is None or coming.from_us is None or place.time_us < coming.from_us:
            raise ModelError("NO_TARIFF_DUE", f"no tariff is due at {spell_time(place.time_us)}")
        self._put_in_force(place)
        self.started += 1
        return (("proposal", coming.sha256),)

    def _put_in_force(self, place: Place) -> None:
        assert self.coming is not None
        tariff = Tariff(place.index, self.coming.terms)
        self._in_force.set(place.index, tariff)
        self.numbered[place.index] = tariff
        self.coming = None


def _spell(value: object) -> str:
    return "none" if value is None else str(value)
