"""Rules on the member's own yes, one by one."""

from dataclasses import replace
from typing import Any

import pytest

from settlement.house.state import House
from settlement.house.tariff import Tariff
from settlement.ledger.acts import (
    CODE,
    AddMemberProof,
    Authorize,
    Code,
    Consent,
    DeviceSignature,
    Enrol,
    Issue,
    MemberName,
    Redeem,
    RemoveMemberProof,
)
from settlement.ledger.book import Book
from settlement.ledger.consent import after, consent_message
from settlement.ledger.decide import decide
from settlement.ledger.rules.ruling import spell_proof
from settlement.signing import ECDSA_P256, ED25519, KeySigner, new_key
from tests.support.pure_acts import NETWORK, OPERATOR, T0_US, act, fresh_id, house_of

MEMBER = "8f3a0000-0000-4000-8000-000000000000"
NAME = MemberName(MEMBER)
CHAIN = [bytes(16)]
for _ in range(150):
    CHAIN.append(after(CHAIN[-1]))


class World:
    """A member with 1,000 points; more than 100 at once need its yes."""

    def __init__(self) -> None:
        self.house: House = house_of("bakery", "cinema")
        self.house.tariffs[0] = Tariff(10_000, consent_above=100)
        self.book = Book(1)
        self.index = 0
        self.ask("bakery", Enrol(MEMBER, ()))
        self.ask("bakery", Issue(NAME, 1_000, T0_US))

    def ask(self, partner: str, body: object, *, act_id: str | None = None) -> str | None:
        """What the act is refused for."""
        asked = act(partner, body, act_id=act_id)
        draft = decide(self.book, self.house, asked, self.index, T0_US + self.index)
        self.index += 1
        self.lines = dict(draft.lines)
        return draft.refusal

    def add(self, key: KeySigner, proof: Consent | None = None) -> str | None:
        return self.ask("bakery", AddMemberProof(MEMBER, key.keyid, key.spki, proof))

    def add_chain(self) -> None:
        assert self.ask("bakery", AddMemberProof(MEMBER, CODE, CHAIN[-1])) is None


def agreed(key: KeySigner, own_id: str, **changed: Any) -> DeviceSignature:
    """What a device signs for a redemption of 200 points at the cinema, or for something else."""
    facts = {
        "partner": "cinema",
        "act_id": own_id,
        "kind": "redeem",
        "what": "PTS 200",
        "audience": NETWORK.origin,
    }
    return DeviceSignature(key.keyid, key.sign(consent_message(**{**facts, **changed})))


def spending(kind: type, amount: int, proof: Consent | None) -> object:
    return Redeem(NAME, amount, T0_US, proof) if kind is Redeem else Authorize(NAME, amount, T0_US, 5, proof)


@pytest.mark.parametrize("kind", [Redeem, Authorize])
def test_above_the_threshold_nothing_is_spent_without_the_member(kind: type) -> None:
    world = World()
    assert world.ask("cinema", spending(kind, 101, None)) == "PROOF_REQUIRED"
    assert world.ask("cinema", spending(kind, 5_000, None)) == "PROOF_REQUIRED"
    assert world.ask("cinema", spending(kind, 101, Code(CHAIN[-2]))) == "PROOF_INVALID"
    assert world.ask("cinema", spending(kind, 100, None)) is None
    world.add_chain()
    assert world.ask("cinema", spending(kind, 101, Code(CHAIN[-2]))) is None
    assert world.lines["consent"] == f"code {CHAIN[-2].hex()}"


@pytest.mark.parametrize(
    ("steps", "refusal"), [(0, "PROOF_INVALID"), (1, None), (100, None), (101, "PROOF_INVALID")]
)
def test_a_code_is_looked_for_a_hundred_steps_back(steps: int, refusal: str | None) -> None:
    world = World()
    world.add_chain()
    assert world.ask("cinema", Redeem(NAME, 200, T0_US, Code(CHAIN[-1 - steps]))) == refusal


def test_a_code_serves_once_and_a_refused_act_uses_none_up() -> None:
    world = World()
    world.add_chain()
    code = Code(CHAIN[-2])
    assert world.ask("cinema", Redeem(NAME, 5_000, T0_US, code)) == "INSUFFICIENT_POINTS"
    assert world.lines["consent"] == f"code {code.code.hex()}"
    assert world.ask("cinema", Redeem(NAME, 200, T0_US, code)) is None
    assert world.ask("cinema", Redeem(NAME, 200, T0_US, code)) == "PROOF_INVALID"
    assert "consent" not in world.lines


@pytest.mark.parametrize("algorithm", [ED25519, ECDSA_P256])
@pytest.mark.parametrize(
    "changed",
    [
        {"partner": "bakery"},
        {"act_id": "00000000-0000-4000-8000-000000000000"},
        {"kind": "authorize"},
        {"what": "PTS 2000"},
        {"what": "VAL 200"},
        {"audience": "clearing.example/elsewhere"},
    ],
)
def test_what_was_signed_for_something_else_is_worth_nothing(changed: dict[str, str], algorithm: str) -> None:
    world, key, act_id = World(), new_key(algorithm), fresh_id()
    assert world.add(key) is None
    for proof, refusal in ((agreed(key, act_id, **changed), "PROOF_INVALID"), (agreed(key, act_id), None)):
        assert world.ask("cinema", Redeem(NAME, 200, T0_US, proof), act_id=act_id) == refusal


def test_a_proof_that_is_shown_must_be_genuine_though_nobody_asks_for_it() -> None:
    world = World()
    world.house.tariffs[0] = replace(world.house.tariff, consent_above=None)
    world.add_chain()
    assert world.ask("cinema", Redeem(NAME, 5, T0_US, Code(bytes(16)))) == "PROOF_INVALID"
    assert world.ask("cinema", Redeem(NAME, 5, T0_US, None)) is None


def test_nobody_adds_a_phone_behind_a_members_back() -> None:
    world, key, other = World(), new_key(), new_key()
    assert world.add(key) is None
    assert world.add(other) == "PROOF_REQUIRED"
    act_id, what = fresh_id(), spell_proof(other.keyid, other.spki)
    for signer, refusal in ((other, "PROOF_INVALID"), (key, None)):
        proof = agreed(signer, act_id, partner="bakery", kind="proof-add", what=what)
        body = AddMemberProof(MEMBER, other.keyid, other.spki, proof)
        assert world.ask("bakery", body, act_id=act_id) == refusal


def test_only_the_operator_removes_a_proof_without_the_member() -> None:
    world, key = World(), new_key()
    assert world.add(key) is None
    assert world.ask("bakery", RemoveMemberProof(MEMBER, key.keyid)) == "PROOF_REQUIRED"
    assert world.ask(OPERATOR, RemoveMemberProof(MEMBER, key.keyid, Code(bytes(16)))) == "PROOF_INVALID"
    assert world.ask(OPERATOR, RemoveMemberProof(MEMBER, key.keyid)) is None
    assert world.ask(OPERATOR, RemoveMemberProof(MEMBER, key.keyid)) == "PROOF_UNKNOWN"
    assert world.book.proofs.of(MEMBER) == {}
