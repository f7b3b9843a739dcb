"""Acts to which members agree, or seem to: devices and chains of codes that come and go, and what is shown of them."""

from dataclasses import replace
from functools import cache, lru_cache

from hypothesis import strategies as st
from hypothesis.stateful import rule

from coalition.simulation.cast import key_of
from settlement.ledger.acts import (
    CODE,
    AddMemberProof,
    Authorize,
    Code,
    Consent,
    DeviceSignature,
    MemberName,
    Redeem,
    RemoveMemberProof,
)
from settlement.ledger.consent import after, consent_message
from settlement.ledger.rules.ruling import spell_proof
from settlement.signing import KeySigner
from tests.coalition.simulation.stories.telling import MEMBERS, TRADERS, Telling, owner_of
from tests.support.pure_acts import NETWORK, OPERATOR, T0_US, act, fresh_id

DEVICES = "1234567"
PROOFS = st.sampled_from([CODE, *DEVICES])
"""A chain, or the number of a device."""
SHOWN = st.sampled_from([None, "", "", "", "", "lost 100", "lost 101", "again", "other act", "other amount"])
"""Nothing, what is right, or what is not, or nearly."""
SPENDING = st.integers(1, 4)
CODES = 250


@lru_cache(maxsize=100)
def chain_of(member: str, number: int) -> list[bytes]:
    """A chain from its secret to its anchor."""
    codes = [f"{member[:8]} {number:7}".encode()]
    while len(codes) < CODES:
        codes.append(after(codes[-1]))
    return codes


@cache
def device(number: str) -> KeySigner:
    """The device of this number, which any member may come to have."""
    return key_of(0, f"device {number}")


class Proving(Telling):
    """Members that are asked, and partners that would rather not ask."""

    @rule(signer=TRADERS, number=MEMBERS, name=PROOFS, shown=SHOWN, fresh=st.integers(0, 2))
    def adds_a_proof(self, signer: str, number: int, name: str, shown: str | None, fresh: int) -> None:
        member, home = self.member(number)
        is_chain = name == CODE
        named = CODE if is_chain else device(name).keyid
        public = chain_of(member, fresh)[-1] if is_chain else device(name).spki
        act_id, what = fresh_id(), spell_proof(named, public)
        proof = self.shown(member, shown, signer, act_id, "proof-add", what)
        body = AddMemberProof(member, named, public, proof)
        asked = act(owner_of(signer), body, act_id=act_id, signer=signer)
        self.ask_shard(
            signer, home, 0, f"adds {name} to member {number}, who shows {shown or 'all well'}", asked
        )

    @rule(signer=TRADERS | st.just(OPERATOR), number=MEMBERS, name=PROOFS, shown=SHOWN)
    def removes_a_proof(self, signer: str, number: int, name: str, shown: str | None) -> None:
        member, home = self.member(number)
        act_id, named = fresh_id(), CODE if name == CODE else device(name).keyid
        proof = self.shown(member, shown, signer, act_id, "proof-remove", named)
        body = RemoveMemberProof(member, named, proof)
        asked = act(owner_of(signer), body, act_id=act_id, signer=signer)
        self.ask_shard(
            signer, home, 0, f"removes {name} of member {number}, who shows {shown or 'all well'}", asked
        )

    @rule(signer=TRADERS, number=MEMBERS, amount=SPENDING, shown=SHOWN, holds=st.booleans())
    def spends_with_the_member(
        self, signer: str, number: int, amount: int, shown: str | None, holds: bool
    ) -> None:
        (member, home), name = self.member(number), MemberName(self.member(number)[0])
        act_id, kind = fresh_id(), "authorize" if holds else "redeem"
        proof = self.shown(member, shown, signer, act_id, kind, f"{self.asset} {amount}")
        body = replace(
            Authorize(name, amount, T0_US, 2, proof) if holds else Redeem(name, amount, T0_US, proof),
            asset=self.asset,
        )
        asked = act(owner_of(signer), body, act_id=act_id, signer=signer)
        sentence = f"would {kind} {amount} points of member {number}, who shows {shown or 'all well'}"
        self.ask_shard(signer, home, 0, sentence, asked)

    def shown(
        self, member: str, how: str | None, signer: str, act_id: str, kind: str, what: str
    ) -> Consent | None:
        """What a member shows."""
        if how is None:
            return None
        known = self.both.model.proofs(member)
        if CODE in known and (len(known) == 1 or len(what) % 2):
            back = {"lost 100": 100, "lost 101": 101, "again": 0}.get(how, 1)
            return self._code(member, known[CODE], back)
        key = next((each for each in map(device, DEVICES) if each.keyid in known), device("1"))
        signed = consent_message(
            audience=NETWORK.origin,
            partner=owner_of(signer),
            act_id=fresh_id() if how == "other act" else act_id,
            kind=kind,
            what=f"{what}0" if how == "other amount" else what,
        )
        return DeviceSignature(key.keyid, key.sign(signed))

    def _code(self, member: str, newest: bytes, back: int) -> Code:
        """The code so many before the newest; any bytes where the chain does not go back so far."""
        codes = next(chain for number in range(3) if newest in (chain := chain_of(member, number)))
        at = codes.index(newest) - back
        return Code(codes[at] if at >= 0 else bytes(16))
