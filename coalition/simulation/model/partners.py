"""Partners and the tariff: docs/ledger.md, the rows Register, Activate and Suspend."""

from dataclasses import dataclass

from coalition.simulation.model.terms import (
    LINE_BYTES,
    PARTNERS_MAX,
    SETTLEMENT_BYTES_MAX,
    Answer,
    Line,
    Place,
)
from coalition.simulation.model.timeline import Timeline
from settlement.house.acts import Activate, Register, SetTariff, Suspend

NOT_ACTING = {"registered": "PARTNER_NOT_ACTIVE", "suspended": "PARTNER_SUSPENDED"}


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a point is worth, how long it is held at most, when it expires, and what becomes of spent points that are reversed.

    `number`: the house entry that says so.
    """

    number: int
    rate_micros: int
    hold_minutes: int = 10_080
    expiry: str = "never"
    grace_days: int = 30
    spent: str = "arrears"


class Partners:
    """Who takes part in which state, and what a point is worth, by house entry."""

    def __init__(self, operator: str, rate_micros: int) -> None:
        self.operator = operator
        self._tariffs = Timeline(0, Tariff(0, rate_micros))
        self._states = {operator: Timeline(0, "active")}

    def tariff(self, house: int) -> Tariff:
        """The tariff in force under a house size."""
        tariff = self._tariffs.at(house)
        assert tariff is not None, "the founding sets one"
        return tariff

    def state(self, partner: str, house: int) -> str | None:
        """`registered`, `active` or `suspended`; None for one who is not registered below this house size."""
        states = self._states.get(partner)
        return None if states is None else states.at(house)

    def refusal(self, partner: str, house: int) -> str | None:
        """Why a partner's acts on members are refused under this house size."""
        return NOT_ACTING.get(self.state(partner, house) or "")

    def register(self, place: Place, body: Register) -> Answer:
        """A partner that may not act yet."""
        refusal = self._why_not_register(body.partner_id)
        if refusal is None:
            self._states[body.partner_id] = Timeline(place.index, "registered")
        return Answer(refusal, [("subject", body.partner_id), ("name", body.name)])

    def _why_not_register(self, partner: str) -> str | None:
        if partner in self._states:
            return "PARTNER_EXISTS"
        everybody = [*self._states, partner]
        too_many = len(everybody) - 1 > PARTNERS_MAX
        too_long = sum(LINE_BYTES + 2 * len(name) for name in everybody) > SETTLEMENT_BYTES_MAX
        return "LIMIT_EXCEEDED" if too_many or too_long else None

    def set_state(self, place: Place, body: Activate | Suspend) -> Answer:
        """Lets a partner act, or ends that. The operator itself is no partner that could be suspended."""
        about: list[Line] = [("subject", body.partner_id)]
        if body.partner_id not in self._states or body.partner_id == self.operator:
            return Answer("PARTNER_UNKNOWN", about)
        state = "active" if isinstance(body, Activate) else "suspended"
        self._states[body.partner_id].set(place.index, state)
        return Answer(None, about)

    def set_tariff(self, place: Place, body: SetTariff) -> Answer:
        """The terms from the next entry on."""
        terms = body.tariff
        tariff = Tariff(
            place.index,
            terms.rate_micros,
            terms.hold_minutes,
            terms.expiry,
            terms.grace_days,
            terms.spent.value,
        )
        self._tariffs.set(place.index, tariff)
        about = [
            ("rate-micros", terms.rate_micros),
            ("hold-minutes", terms.hold_minutes),
            ("expiry", terms.expiry),
            ("grace-days", terms.grace_days),
            ("spent", terms.spent.value),
        ]
        return Answer(None, [("term", f"{term} {value}") for term, value in about])
