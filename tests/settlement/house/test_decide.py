"""Laws of the rules on partners, keys and the tariff, over drawn histories and at their limits."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.house.acts import Activate, AddKey, Register, RevokeKey, Suspend
from settlement.house.decide import PARTNERS_MAX, SETTLEMENT_BYTES_MAX, decide_house
from settlement.house.records import (
    ACTIVE,
    APPROVER,
    REGISTERED,
    REQUEST,
    SUSPENDED,
    Key,
    Partner,
    parse_key,
)
from settlement.house.state import House
from settlement.journal.leaf import HOUSE
from tests.support.pure_acts import OPERATOR, act, as_entry, house_of, keyid_for

NAMES = ("acme", "bakery", "cinema", OPERATOR)
KEYS = tuple(keyid_for(name) for name in ("one", "two", "three", "four", OPERATOR, "acme"))
PARTNERS = st.sampled_from(NAMES)
ANN = "ann"


def key_of(owner: str, keyid: str, person: str | None) -> AddKey:
    return AddKey(owner, keyid, "ed25519", REQUEST if person is None else APPROVER, person, b"spki")


BODIES = st.one_of(
    st.builds(Register, PARTNERS, st.just("A name")),
    st.builds(Activate, PARTNERS),
    st.builds(Suspend, PARTNERS),
    st.builds(key_of, PARTNERS, st.sampled_from(KEYS), st.sampled_from([None, None, "ann", "bob"])),
    st.builds(RevokeKey, st.sampled_from(KEYS), st.just("retired"), st.none() | st.just(1)),
)


def decided(house: House, caller: str, body: object) -> str | None:
    """Decides and applies one act; the draft must be canonical and the decision must not touch the house."""
    before = house.fork()
    asked = act(OPERATOR if caller == ANN else caller, body, signer=caller)
    draft = decide_house(house, asked)
    assert draft.act is asked
    assert house == before
    entry = as_entry(draft, shard=HOUSE, index=house.size, house=house.size)
    if isinstance(body, AddKey):
        key = parse_key(entry.one("key"), added_at=0)
        said = AddKey(key.owner, key.keyid, key.algorithm, key.purpose, key.person, key.spki)
        assert said == body, "the entry names the whole key"
    house.apply(entry)
    if draft.refusal is not None:
        assert replace(before, size=house.size) == house, "a refusal changes nothing but the size"
    return draft.refusal


def house_with_ann() -> House:
    """A house with one approver at the operator."""
    house = house_of("acme")
    house.keys[keyid_for(ANN)] = Key(keyid_for(ANN), "ed25519", APPROVER, OPERATOR, ANN, b"spki", 0)
    return house


@given(st.lists(st.tuples(st.sampled_from([*NAMES, ANN]), BODIES), min_size=15, max_size=40))
def test_every_history_keeps_the_laws_of_partners_and_keys(steps: list[tuple[str, object]]) -> None:
    house = house_with_ann()
    namers: dict[str, set[str]] = {}
    for caller, body in steps:
        revoked = {keyid for keyid, key in house.keys.items() if key.revoked_at is not None}
        owners = {keyid: key.owner for keyid, key in house.keys.items()}
        refusal = decided(house, caller, body)
        if isinstance(body, AddKey) and refusal is None:
            line = Key(body.keyid, body.algorithm, body.purpose, body.owner, body.person, body.spki, 0).line()
            namers.setdefault(line, set()).add(caller)
        assert {house.keys[keyid].owner for keyid in owners} == set(owners.values())
        assert all(house.keys[keyid].revoked_at is not None for keyid in revoked), "revoked is for ever"
        for name in house.partners:
            assert len(house.live_keys(name, REQUEST)) <= 2
            assert name != OPERATOR or house.live_keys(name, REQUEST), "the operator is never locked out"
            persons = [key.person for key in house.live_keys(name, APPROVER)]
            assert len(persons) == len(set(persons)), "a person holds one live key"
        for key in house.keys.values():
            assert key.owner in house.partners
            if key.keyid not in owners:
                assert caller in (key.owner, OPERATOR, ANN), "nobody makes a key for another partner"
                assert key.purpose == REQUEST or key.owner == OPERATOR, "approvers are the operator's people"
                assert key.purpose == REQUEST or namers[key.line()] == {OPERATOR, ANN}, (
                    "nobody names one alone"
                )
            if key.revoked_at is not None and key.keyid not in revoked:
                assert caller in (key.owner, OPERATOR, ANN), "nobody ends another partner's key"


@given(st.lists(BODIES, min_size=5, max_size=30))
def test_a_partner_is_taken_in_once_and_stands_as_the_operator_last_said(steps: list[object]) -> None:
    house = house_of("acme")
    states = {OPERATOR: ACTIVE, "acme": ACTIVE}
    for body in steps:
        refusal = decided(house, OPERATOR, body)
        if isinstance(body, Register):
            assert refusal == ("PARTNER_EXISTS" if body.partner_id in states else None)
            states.setdefault(body.partner_id, REGISTERED)
        elif isinstance(body, Activate | Suspend):
            known = body.partner_id in states.keys() - {OPERATOR}
            assert refusal == (None if known else "PARTNER_UNKNOWN")
            if known:
                states[body.partner_id] = ACTIVE if isinstance(body, Activate) else SUSPENDED
        assert {name: partner.state for name, partner in house.partners.items()} == states


def test_only_the_operator_must_keep_a_key() -> None:
    house = house_of("acme")
    assert decided(house, "acme", RevokeKey(keyid_for("acme"), "retired", None)) is None
    assert house.live_keys("acme", REQUEST) == []
    assert decided(house, OPERATOR, key_of("acme", KEYS[0], None)) is None


def test_refusals_come_in_the_documented_order() -> None:
    house = house_with_ann()
    assert decided(house, OPERATOR, Register("acme", "again")) == "PARTNER_EXISTS"
    assert decided(house, OPERATOR, Register(OPERATOR, "again")) == "PARTNER_EXISTS"
    assert decided(house, OPERATOR, Activate(OPERATOR)) == "PARTNER_UNKNOWN"
    assert decided(house, OPERATOR, Suspend("nobody")) == "PARTNER_UNKNOWN"
    assert decided(house, OPERATOR, key_of("nobody", KEYS[0], None)) == "PARTNER_UNKNOWN"
    assert decided(house, "acme", key_of(OPERATOR, KEYS[0], None)) == "PARTNER_UNKNOWN"
    assert decided(house, "acme", key_of("acme", KEYS[0], "bob")) == "PURPOSE_NOT_ALLOWED"
    assert decided(house, ANN, key_of(OPERATOR, keyid_for("acme"), None)) == "PURPOSE_NOT_ALLOWED"
    assert decided(house, ANN, key_of("acme", KEYS[0], "bob")) == "PURPOSE_NOT_ALLOWED"
    assert decided(house, ANN, key_of(OPERATOR, KEYS[2], ANN)) == "TOO_MANY_KEYS"
    assert decided(house, ANN, key_of(OPERATOR, KEYS[2], "bob")) is None
    assert house.live_key(KEYS[2]) is None
    assert decided(house, ANN, key_of(OPERATOR, KEYS[2], "bob")) == "KEY_EXISTS"
    assert decided(house, OPERATOR, key_of(OPERATOR, KEYS[2], "bob")) is None
    assert house.live_key(KEYS[2]) is not None
    assert decided(house, OPERATOR, key_of(OPERATOR, KEYS[2], "bob")) == "KEY_EXISTS"
    assert decided(house, OPERATOR, RevokeKey(KEYS[2], "retired", None)) == "LAST_KEY"
    assert decided(house, OPERATOR, RevokeKey(keyid_for(OPERATOR), "retired", None)) == "LAST_KEY"
    assert decided(house, "acme", key_of("acme", keyid_for("acme"), None)) == "KEY_EXISTS"
    assert decided(house, "acme", key_of("acme", KEYS[0], None)) is None
    assert decided(house, "acme", key_of("acme", KEYS[1], None)) == "TOO_MANY_KEYS"
    assert decided(house, "acme", RevokeKey(keyid_for(OPERATOR), "retired", None)) == "KEY_UNKNOWN"
    assert decided(house, "acme", RevokeKey(KEYS[0], "compromised", 1)) is None
    assert decided(house, "acme", RevokeKey(KEYS[0], "compromised", 1)) == "KEY_UNKNOWN"
    assert decided(house, "acme", key_of("acme", KEYS[0], None)) == "KEY_EXISTS"


def test_a_network_is_full_at_its_limit() -> None:
    house = house_of("acme")
    for number in range(PARTNERS_MAX - 1):
        house.partners[f"p{number}"] = Partner(f"p{number}", "P", REGISTERED)
    assert len(house.partners) == PARTNERS_MAX + 1, "the operator is not counted"
    assert decided(house, OPERATOR, Register("one-more", "One more")) == "LIMIT_EXCEEDED"
    del house.partners["p0"]
    assert decided(house, OPERATOR, Register("one-more", "One more")) is None


def test_a_network_is_full_when_its_ids_fill_a_settlements_entry() -> None:
    """Of each participant the entry holds its id twice, and 60 bytes."""
    house = house_of()
    for number in range(456):
        name = f"partner-with-a-name-of-forty-letters-{number:03}"
        house.partners[name] = Partner(name, "P", REGISTERED)
    room = SETTLEMENT_BYTES_MAX - sum(2 * len(name) + 60 for name in house.partners)
    longest = "x" * ((room - 60) // 2)
    assert decided(house, OPERATOR, Register(longest + "x", "One more")) == "LIMIT_EXCEEDED"
    assert decided(house, OPERATOR, Register(longest, "One more")) is None


def test_only_acts_of_the_house_are_decided_here() -> None:
    with pytest.raises(TypeError, match=r"^not an act of the house: 'anything else'$"):
        decide_house(house_of(), act(OPERATOR, "anything else"))
