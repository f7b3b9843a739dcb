"""Keys: docs/ledger.md, the rows AddKey and RevokeKey; docs/decisions/0011: an approver is named by two keys."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from coalition.simulation.model.partners import Partners
from coalition.simulation.model.terms import (
    OPERATOR_KEYS_LEAST,
    REQUEST_KEYS_MAX,
    Answer,
    Asked,
    FoundingKey,
    ModelError,
    Place,
    spell_time,
)
from settlement.house.acts import AddKey, RevokeKey


@dataclass(slots=True)
class KeyLife:
    """A key that counts: from house entry `added_at`, to house entry `ended_at` if it was revoked."""

    keyid: str
    purpose: str
    owner: str
    person: str | None
    added_at: int
    ended_at: int | None = None

    def lives(self, house: int) -> bool:
        """Whether what it signs counts under this house size."""
        return self.added_at < house and not (self.ended_at is not None and self.ended_at < house)


class Keys:
    """Every key that ever counted, and who named those of approvers."""

    def __init__(self, founding: Sequence[FoundingKey], partners: Partners) -> None:
        self._partners = partners
        self.all = {key.keyid: KeyLife(key.keyid, key.purpose, key.owner, key.person, 0) for key in founding}
        self._named_by: dict[str, list[KeyLife]] = {}
        """The `key` line of a key to the keys that named it; of an approver's, only those that still live count."""

    def signer(self, keyid: str, house: int) -> KeyLife:
        """The key of a request. ModelError KEY_UNKNOWN or KEY_REVOKED where it may not sign under this house size."""
        key = self.all.get(keyid)
        if key is None or key.added_at >= house:
            raise ModelError("KEY_UNKNOWN", f"key {keyid} was not added below house size {house}")
        if not key.lives(house):
            raise ModelError("KEY_REVOKED", f"key {keyid} was revoked by house entry {key.ended_at}")
        return key

    def role(self, key: KeyLife) -> str | None:
        """As whom a key speaks: `partner`, `operator` or `approver`; None for keys that sign no requests."""
        if key.purpose == "request":
            return "operator" if key.owner == self._partners.operator else "partner"
        return "approver" if key.purpose == "approver" else None

    def live(self, owner: str, purpose: str, house: int) -> list[KeyLife]:
        """An owner's keys of a purpose that count under this house size."""
        return [
            key
            for key in self.all.values()
            if key.owner == owner and key.purpose == purpose and key.lives(house)
        ]

    def add(self, place: Place, asked: Asked, body: AddKey) -> Answer:
        """One more key; an approver's counts when keys of both purposes have named it."""
        signer = self.all[asked.keyid]
        spki = base64.b64encode(body.spki).decode()
        line = f"{body.keyid} {body.algorithm} {body.purpose} {body.owner} {body.person or '-'} {spki}"
        named_by = self._named_by.setdefault(line, [])
        namers = {namer.purpose for namer in named_by if namer.lives(place.house)}
        refusal = self._why_not_add(place, asked, body, signer, namers)
        if refusal is None:
            named_by.append(signer)
            if body.purpose == "request" or namers | {signer.purpose} == {"request", "approver"}:
                self.all[body.keyid] = KeyLife(body.keyid, body.purpose, body.owner, body.person, place.index)
        return Answer(refusal, [("key", line)])

    def _why_not_add(
        self, place: Place, asked: Asked, body: AddKey, signer: KeyLife, namers: set[str]
    ) -> str | None:
        operator = self._partners.operator
        if self._partners.state(body.owner, place.house) is None:
            return "PARTNER_UNKNOWN"
        if asked.partner not in (body.owner, operator):
            return "PARTNER_UNKNOWN"
        if body.purpose == "request" and signer.purpose != "request":
            return "PURPOSE_NOT_ALLOWED"
        if body.purpose == "approver" and not (signer.owner == body.owner == operator):
            return "PURPOSE_NOT_ALLOWED"
        if body.keyid in self.all or signer.purpose in namers:
            return "KEY_EXISTS"
        live = self.live(body.owner, body.purpose, place.house)
        if body.purpose == "request":
            return "TOO_MANY_KEYS" if len(live) >= REQUEST_KEYS_MAX else None
        return "TOO_MANY_KEYS" if body.person in [key.person for key in live] else None

    def revoke(self, place: Place, asked: Asked, body: RevokeKey) -> Answer:
        """Ends a key."""
        refusal = self._why_not_revoke(place, asked, body)
        if refusal is None:
            self.all[body.keyid].ended_at = place.index
        about = [("keyid", body.keyid), ("reason", body.reason)]
        if body.suspect_from_us is not None:
            about.append(("suspect-from", spell_time(body.suspect_from_us)))
        return Answer(refusal, about)

    def _why_not_revoke(self, place: Place, asked: Asked, body: RevokeKey) -> str | None:
        key, operator = self.all.get(body.keyid), self._partners.operator
        if key is None or not key.lives(place.house) or key.purpose not in ("request", "approver"):
            return "KEY_UNKNOWN"
        if asked.partner not in (key.owner, operator):
            return "KEY_UNKNOWN"
        if key.owner == operator:
            left = len(self.live(operator, key.purpose, place.house)) - 1
            return "LAST_KEY" if left < OPERATOR_KEYS_LEAST[key.purpose] else None
        return None
