"""What members carry in a scenario: `codes:maria` is a chain, `phone:maria` a device; and what they show at a till.

`with code 3 of codes:maria` is the third code of that chain; `with phone:maria`: its signature of this act, by `cinema`;
`with phone:maria for 50 at bakery`: its signature of another amount, or for another partner.
"""

import re
from typing import Any

from coalition.simulation.cast import alias_of
from coalition.simulation.requests import message_of
from settlement.ledger.acts import CODE, AddMemberProof, Code, Consent, DeviceSignature, RemoveMemberProof
from settlement.ledger.consent import CODE_BYTES, after, consent_message, device_possession_message
from settlement.ledger.rules.ruling import spell_proof
from tests.scenarios.scene import SEED, Scene

CHAIN_CODES = 150
_SHOWN = re.compile(r"|with code (\d+) of (codes:\w+)|with (phone:\w+) at (\w+)(?: for (\d+))?")


def shown_by(scene: Scene, words: tuple[str, ...], name: str, kind: str, what: str) -> Consent | None:
    """What the member shows for the act of this name. ValueError says how it is written."""
    found = _SHOWN.fullmatch(" ".join(words))
    if found is None:
        raise ValueError("write: with code 1 of codes:maria, or: with phone:maria at cinema")
    number, chain, phone, partner, amount = found.groups()
    if chain is not None:
        return Code(_codes(chain)[CHAIN_CODES - int(number)])
    if phone is None:
        return None
    key = scene.key(phone)
    message = consent_message(
        audience=scene.network.origin,
        partner=partner,
        act_id=scene.act_id(name),
        kind=kind,
        what=f"PTS {amount}" if amount else what,
    )
    return DeviceSignature(key.keyid, key.sign(message))


def add_proof(scene: Scene, name: str, proof: str, member: str, *words: str) -> tuple[object, Any]:
    """A partner adds a chain or a device, `by cinema`, for a member, who may show another proof."""
    *_, partner = words[:2] if words[:1] == ("by",) else ("", "")
    if not partner:
        raise ValueError("write: phone:maria of maria by cinema")
    member_id, possession = scene.member(member), b""
    if proof.startswith("codes:"):
        named, public = CODE, _codes(proof)[-1]
    else:
        key = scene.key(proof)
        named, public = key.keyid, key.spki
        audience = scene.network.origin
        possession = key.sign(
            device_possession_message(audience=audience, partner=partner, member=member_id, keyid=named)
        )
    shown = shown_by(scene, words[2:], name, "proof-add", spell_proof(named, public))
    body = AddMemberProof(member_id, named, public, shown)
    return body, message_of(body, proof=possession)


def remove_proof(scene: Scene, name: str, proof: str, member: str, *words: str) -> tuple[object, Any]:
    """The end of a proof."""
    named = CODE if proof.startswith("codes:") else scene.key(proof).keyid
    body = RemoveMemberProof(scene.member(member), named, shown_by(scene, words, name, "proof-remove", named))
    return body, message_of(body)


def _codes(name: str) -> list[bytes]:
    """A chain from its secret to its anchor."""
    codes = [alias_of(SEED, name)[:CODE_BYTES]]
    for _ in range(CHAIN_CODES):
        codes.append(after(codes[-1]))
    return codes
