"""Proof that whoever asks to add a key holds it, so that nobody can register another's key as their own."""

from dataclasses import dataclass

from settlement.signing import Signer, possession_message


@dataclass(frozen=True, slots=True)
class KeyProof:
    """A new public key and its own signature that says for whom it will be used. Holds nothing secret."""

    public_key: bytes
    """DER SubjectPublicKeyInfo."""
    possession: bytes


def prove_possession(signer: Signer, *, public_key: bytes, network: str, partner_id: str) -> KeyProof:
    """What the holder of a new key hands to whoever adds it, so that the private key never leaves its place."""
    message = possession_message(audience=network, partner_id=partner_id, keyid=signer.keyid)
    return KeyProof(public_key, signer.sign(message))
