"""What a member's app makes, and what a partner sends of it: one-time codes and signatures of a device."""

import base64
from dataclasses import dataclass
from secrets import token_bytes

from coalition.api.v1.members_pb2 import AddMemberProofRequest, RemoveMemberProofRequest
from coalition.client.calling import Caller
from coalition.wire.member_proofs import spell_consent
from settlement.journal.acts import Outcome
from settlement.ledger.acts import Code, Consent, DeviceSignature
from settlement.ledger.consent import CODE_BYTES, after, consent_message, device_possession_message
from settlement.signing import KeySigner

_PADDING = "=" * 6


@dataclass(frozen=True)
class CodeChain:
    """One-time codes, all made of one secret. Keep `seed` where only the member reaches it."""

    seed: bytes
    count: int

    @property
    def anchor(self) -> bytes:
        """What the network is told; it says nothing of the codes."""
        return self._hashed(self.count)

    def code(self, number: int) -> bytes:
        """The code that is shown as number 1, 2 ... `count`. ValueError beyond them."""
        if not 1 <= number <= self.count:
            raise ValueError(f"the chain has codes 1 to {self.count}")
        return self._hashed(self.count - number)

    def _hashed(self, times: int) -> bytes:
        code = self.seed
        for _ in range(times):
            code = after(code)
        return code


def new_chain(count: int = 1_000) -> CodeChain:
    """A chain of a fresh secret."""
    return CodeChain(token_bytes(CODE_BYTES), count)


def spell_code(code: bytes) -> str:
    """The code as 26 letters and digits, for a person to read out or a QR code to hold."""
    return base64.b32encode(code).decode().rstrip("=").lower()


def read_code(text: str) -> Code:
    """A code from its letters. ValueError for anything else."""
    try:
        code = base64.b32decode(f"{text.upper()}{_PADDING}")
    except ValueError:
        code = b""
    if len(code) != CODE_BYTES or spell_code(code) != text.lower():
        raise ValueError("a code has 26 letters a to z and digits 2 to 7")
    return Code(code)


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A device's public key, as DER SubjectPublicKeyInfo, and its own signature that says whose it will be."""

    public_key: bytes
    possession: bytes


def prove_device(device: KeySigner, *, network: str, partner_id: str, member_id: str) -> NewDevice:
    """What a member's device hands to the partner that is to add it."""
    message = device_possession_message(
        audience=network, partner=partner_id, member=member_id, keyid=device.keyid
    )
    return NewDevice(device.spki, device.sign(message))


def agree(
    device: KeySigner, *, network: str, partner_id: str, act_id: str, kind: str, what: str
) -> DeviceSignature:
    """A device's yes to one act, which must then be asked for under this act id.

    `kind` and `what` are "redeem" or "authorize" and the amount, as "PTS 200" or, 25.00 EUR, "VAL 2500"; "proof-remove" and the
    keyid, or "code"; "proof-add" and "device KEYID PUBLIC_KEY" in base64, or "code ANCHOR" in hex.
    """
    message = consent_message(audience=network, partner=partner_id, act_id=act_id, kind=kind, what=what)
    return DeviceSignature(device.keyid, device.sign(message))


class MemberProofActs(Caller):
    """How members come to be known by proofs. Errors as for `PartnerActs`. `proof`: one that the member has already."""

    async def add_member_proof(
        self,
        *,
        member_id: str,
        added: NewDevice | CodeChain,
        proof: Consent | None = None,
        act_id: str | None = None,
    ) -> Outcome:
        """Lets a member be known by one more device, or by a chain of codes, of which only the anchor is sent."""
        request = AddMemberProofRequest(member_id=member_id, member_proof=spell_consent(proof))
        if isinstance(added, CodeChain):
            request.code_anchor = added.anchor
        else:
            request.device.public_key, request.device.possession = added.public_key, added.possession
        return await self._act(request, act_id)

    async def remove_member_proof(
        self,
        *,
        member_id: str,
        device_keyid: str | None = None,
        proof: Consent | None = None,
        act_id: str | None = None,
    ) -> Outcome:
        """Ends a device, or, if none is named, the chain of codes. The operator may do so without a proof."""
        request = RemoveMemberProofRequest(member_id=member_id, member_proof=spell_consent(proof))
        if device_keyid is None:
            request.codes = True
        else:
            request.device_key_id = bytes.fromhex(device_keyid)
        return await self._act(request, act_id)
