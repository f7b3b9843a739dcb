"""What members carry: devices with keys, and chains of codes, of which they show what a till asks for; or something else."""

from dataclasses import dataclass, field

from coalition.simulation.cast import NETWORK, act_id_of, alias_of, key_of
from coalition.simulation.model import Model
from coalition.simulation.story import Step
from settlement.ledger.acts import CODE, AddMemberProof, Code, Consent, DeviceSignature, RemoveMemberProof
from settlement.ledger.consent import CODE_BYTES, after, consent_message, device_possession_message
from settlement.ledger.rules.ruling import spell_proof
from settlement.signing import KeySigner

CHAIN_CODES = 300
DEVICES = 8
"""More than a member may have."""
ODD = {
    1: "no such code",
    3: "again",
    5: "of another partner",
    7: "of another amount",
    9: "some lost",
    11: "too many lost",
}
"""What is wrong, or nearly, with what a member shows, by the step's number."""
STEPS_BACK = {"some lost": 100, "too many lost": 101, "again": 0}
"""How far before the newest code the one is that is shown; else 1."""


@dataclass
class Phones:
    """All members' phones. `before`: each code of every chain to the one that is shown after it."""

    seed: int
    model: Model
    before: dict[bytes, bytes] = field(default_factory=dict)

    def device(self, member: str, number: int) -> KeySigner:
        """A device of a member."""
        return key_of(self.seed, f"device {member} {number % DEVICES}")

    def adds(self, step: Step, member: str, partner: str) -> tuple[AddMemberProof, bytes]:
        """What is added, and the new device's proof of possession."""
        name, public, possession = CODE, b"", b""
        if step.amount % 2:
            device = self.device(member, step.amount)
            name, public = device.keyid, device.spki
            message = device_possession_message(
                audience=NETWORK.origin, partner=partner, member=member, keyid=name
            )
            possession = device.sign(message)
        else:
            public = self._new_chain(f"{member} {step.amount}")
        shown = self.shows(step, member, partner, "proof-add", spell_proof(name, public))
        return AddMemberProof(member, name, public, shown), possession

    def removes(self, step: Step, member: str, partner: str) -> RemoveMemberProof:
        """What is removed: one that the member has, or a device that it may have had."""
        names = [*self.model.proofs(member), self.device(member, step.amount).keyid]
        name = names[step.amount % len(names)]
        shown = None
        if partner != NETWORK.operator or step.number % 3 == 0:
            shown = self.shows(step, member, partner, "proof-remove", name)
        return RemoveMemberProof(member, name, shown)

    def shows(self, step: Step, member: str, partner: str, kind: str, what: str) -> Consent | None:
        """What the member shows, or nothing."""
        odd, known = ODD.get(step.number % 16, ""), self.model.proofs(member)
        if odd == "no such code":
            return Code(alias_of(self.seed, step.number)[:CODE_BYTES])
        if not known or (step.number % 2 and not odd):
            return None
        names = sorted(known)
        name = names[step.number // 16 % len(names)]
        if name == CODE:
            code = known[CODE]
            for _ in range(STEPS_BACK.get(odd, 1)):
                code = self.before.get(code, code)
            return Code(code)
        devices = [self.device(member, number) for number in range(DEVICES)]
        device = next(each for each in devices if each.keyid == name)
        signed = consent_message(
            audience=NETWORK.origin,
            partner="somebody-else" if odd == "of another partner" else partner,
            act_id=act_id_of(self.seed, step.number),
            kind=kind,
            what=f"{what}0" if odd == "of another amount" else what,
        )
        return DeviceSignature(name, device.sign(signed))

    def _new_chain(self, name: str) -> bytes:
        """The anchor of a chain of this name."""
        code = alias_of(self.seed, f"chain {name}")[:CODE_BYTES]
        for _ in range(CHAIN_CODES):
            code, earlier = after(code), code
            self.before[code] = earlier
        return code
