"""The member's own yes: docs/ledger.md, "Member proof", and the refusals PROOF_REQUIRED to TOO_MANY_PROOFS."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from coalition.simulation.model.points import Points
from coalition.simulation.model.terms import DEVICES_MAX, LOST_CODES_MAX, Answer, Asked, Place
from settlement.house.tariff import Tariff
from settlement.ledger.acts import (
    AddMemberProof,
    Authorize,
    Code,
    Consent,
    MemberName,
    Redeem,
    RemoveMemberProof,
)

SIGNED_TYPE = b"application/vnd.coalition.v1.member-consent"


@dataclass(slots=True)
class Phone:
    """What one member can be known by. `anchor`: the code that was shown last, or the one with which the chain began."""

    anchor: bytes | None = None
    devices: dict[str, bytes] = field(default_factory=dict)

    def has(self, name: str) -> bytes | None:
        """What is public of a proof; None: the member has no such proof."""
        return self.anchor if name == "code" else self.devices.get(name)

    def proofs(self) -> dict[str, bytes]:
        """All of them by name."""
        return self.devices | ({} if self.anchor is None else {"code": self.anchor})


@dataclass(slots=True)
class Proofs:
    """Each member's proofs. `ended`: names of those that are no more, by member."""

    audience: str
    operator: str
    points: Points
    phones: dict[str, Phone] = field(default_factory=dict)
    ended: set[tuple[str, str]] = field(default_factory=set)

    def spend(
        self,
        place: Place,
        asked: Asked,
        body: Redeem | Authorize,
        terms: Tariff,
        stopped: str | None,
        act: Callable[[str | None], Answer],
    ) -> Answer:
        """The answer of an act that takes points away, which goes on if its member agrees where it must be asked."""
        member = self.points.find(place.shard, body.name)
        above = {"PTS": terms.consent_above, "VAL": terms.value_consent_above}[body.asset]
        must = above is not None and body.amount > above
        kind = "authorize" if isinstance(body, Authorize) else "redeem"
        why = None
        if stopped is None and member is not None and (must or body.proof is not None):
            why = self._why_not(asked, member, body.proof, kind, f"{body.asset} {body.amount}")
        answer = act(stopped or why)
        if stopped is None and member is not None and why is None:
            self._agreed(member, answer, body.proof)
        return answer

    def add(self, place: Place, asked: Asked, body: AddMemberProof, stopped: str | None) -> Answer:
        """One more device, or another chain."""
        member = self.points.find(place.shard, MemberName(body.member))
        if body.name == "code":
            spelled = f"code {body.public.hex()}"
        else:
            spelled = f"device {body.name} {base64.b64encode(body.public).decode()}"
        about = [("proof", spelled)]
        if stopped is not None or member is None:
            return self.points.answer(stopped or "MEMBER_UNKNOWN", member, about)
        phone = self.phones.setdefault(member, Phone())
        if (phone.proofs() or body.proof is not None) and (
            why := self._why_not(asked, member, body.proof, "proof-add", spelled)
        ):
            return self.points.answer(why, member, about)
        refusal = None
        if phone.has(body.name) == body.public:
            refusal = "PROOF_EXISTS"
        elif body.name != "code" and len(phone.devices) == DEVICES_MAX:
            refusal = "TOO_MANY_PROOFS"
        answer = self.points.answer(refusal, member, about)
        self._agreed(member, answer, body.proof)
        if refusal is None and body.name == "code":
            phone.anchor = body.public
        elif refusal is None:
            phone.devices[body.name] = body.public
        return answer

    def remove(self, place: Place, asked: Asked, body: RemoveMemberProof, stopped: str | None) -> Answer:
        """A device or the chain is no more."""
        member, about = self.points.find(place.shard, MemberName(body.member)), [("proof-name", body.name)]
        if stopped is not None or member is None:
            return self.points.answer(stopped or "MEMBER_UNKNOWN", member, about)
        is_desk = asked.partner == self.operator and body.proof is None
        why = None if is_desk else self._why_not(asked, member, body.proof, "proof-remove", body.name)
        if why is not None:
            return self.points.answer(why, member, about)
        phone = self.phones.setdefault(member, Phone())
        there = phone.has(body.name) is not None
        answer = self.points.answer(None if there else "PROOF_UNKNOWN", member, about)
        self._agreed(member, answer, body.proof)
        if there and body.name == "code":
            phone.anchor = None
        elif there:
            del phone.devices[body.name]
        if there:
            self.ended.add((member, body.name))
        return answer

    def _why_not(self, asked: Asked, member: str, shown: Consent | None, kind: str, what: str) -> str | None:
        if shown is None:
            return "PROOF_REQUIRED"
        phone = self.phones.get(member, Phone())
        if isinstance(shown, Code):
            return None if _is_before(shown.code, phone.anchor) else "PROOF_INVALID"
        text = "".join(f"{line}\n" for line in (self.audience, asked.partner, asked.act_id, kind, what))
        if shown.keyid not in phone.devices:
            return "PROOF_INVALID"
        signed = b"DSSEv1 %d %b %d %b" % (len(SIGNED_TYPE), SIGNED_TYPE, len(text), text.encode())
        return None if _signed_by(phone.devices[shown.keyid], shown.signature, signed) else "PROOF_INVALID"

    def _agreed(self, member: str, answer: Answer, shown: Consent | None) -> None:
        """The leaf says what was shown; a code that served an accepted act serves no other."""
        if isinstance(shown, Code):
            answer.about.append(("consent", f"code {shown.code.hex()}"))
            if answer.refusal is None:
                self.phones[member].anchor = shown.code
        elif shown is not None:
            signature = base64.b64encode(shown.signature).decode()
            answer.about.append(("consent", f"device {shown.keyid} {signature}"))


def _is_before(code: bytes, anchor: bytes | None) -> bool:
    """Whether hashing the code once, or so often as codes may be lost, gives the anchor."""
    for _ in range(LOST_CODES_MAX):
        code = hashlib.sha256(b"coalition-member-code/v1\n" + code).digest()[:16]
        if code == anchor:
            return True
    return False


def _signed_by(spki: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a device's key signed this. The simulated devices have Ed25519 keys."""
    key = load_der_public_key(spki)
    assert isinstance(key, Ed25519PublicKey)
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
