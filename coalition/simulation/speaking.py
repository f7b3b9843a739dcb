"""Who speaks for a company, and with which key."""

from dataclasses import dataclass
from typing import Any

from coalition.simulation.cast import NETWORK, Cast, Company
from coalition.simulation.model import Model
from coalition.simulation.requests import Asking, message_of
from settlement.house.acts import AddKey
from settlement.journal.leaf import HOUSE
from settlement.signing import KeySigner, possession_message


@dataclass
class Speakers:
    """Everybody with a key, as askers find them."""

    cast: Cast
    model: Model

    def _by_operator(self, body: object, *, fresh: KeySigner | None = None) -> Asking:
        operator = self._with_a_key(self.cast.operator)
        proof = b""
        if fresh is not None and isinstance(body, AddKey):
            proof = self._proof(fresh, body.owner)
        return Asking(operator, operator.live[-1], body, message_of(body, proof=proof), fresh)

    def _with_a_key(self, company: Company) -> Company:
        """Whoever believes to have no key left, as the answer that gave it one was lost, looks which of its own is live."""
        if not company.live:
            house = self.model.size(HOUSE)
            company.live = [key for key in company.made if self.model.key_is_live(key.keyid, house)]
        return company

    def _proof(self, fresh: KeySigner, owner: str) -> bytes:
        return fresh.sign(possession_message(audience=NETWORK.origin, partner_id=owner, keyid=fresh.keyid))

    def _by_person(self, person: str, body: object, message: Any, fresh: KeySigner | None = None) -> Asking:
        return Asking(self.cast.operator, self.cast.people[person], body, message, fresh)
