"""Partners: docs/ledger.md, the rows Register, Activate and Suspend."""

from coalition.simulation.model.terms import (
    LINE_BYTES,
    PARTNERS_MAX,
    SETTLEMENT_BYTES_MAX,
    Answer,
    Line,
    Place,
)
from coalition.simulation.model.timeline import Timeline
from settlement.house.acts import Activate, Register, Suspend

NOT_ACTING = {"registered": "PARTNER_NOT_ACTIVE", "suspended": "PARTNER_SUSPENDED"}


class Partners:
    """Who takes part in which state, by house entry."""

    def __init__(self, operator: str) -> None:
        self.operator = operator
        self._states = {operator: Timeline(0, "active")}

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
