"""Who may call what: every method against every kind of key."""

from dataclasses import replace

import pytest

from coalition.api.v1 import options_pb2, partners_pb2
from coalition.api.v1.envelope_pb2 import Envelope
from coalition.api.v1.exchange_pb2 import GetBalanceRequest, IssueRequest
from coalition.api.v1.members_pb2 import EnrolRequest
from coalition.client import BlockingClient
from coalition.gateway.admission import admit
from coalition.wire.methods import METHODS, Method
from settlement.clock import now_us
from settlement.errors import CoalitionError
from settlement.house.records import APPROVER, REQUEST, Key, Network
from settlement.house.state import House
from settlement.signing import ED25519, new_key, possession_message
from tests.support.callers import CALLERS
from tests.support.door import Answer, Door
from tests.support.network import ORIGIN

ALL_METHODS = pytest.mark.parametrize(
    "method", METHODS.values(), ids=lambda method: method.path.rpartition("/")[2]
)


def call_as(door: Door, who: str, method: Method) -> Answer:
    _, request = door.sample(method)
    return door.ask(who, request)


@ALL_METHODS
def test_a_method_is_for_its_roles_and_for_nobody_else(door: Door, method: Method) -> None:
    strangers = [who for role, who in CALLERS.items() if role not in method.roles]
    with door.records_nothing():
        for who in [*strangers, "receipt"]:
            answer = call_as(door, who, method)
            answer.is_error("ROLE_MISSING")
            assert answer.field == "signatures.keyid"


@pytest.mark.parametrize("roles", [[], [options_pb2.ROLE_UNSPECIFIED]], ids=["none", "unspecified"])
def test_a_method_without_a_role_is_for_nobody(door: Door, roles: list[int]) -> None:
    house = House(network=Network(ORIGIN, "EUR", 2, 1, "operator", "bilateral"))
    for role, who in CALLERS.items():
        purpose = APPROVER if role == options_pb2.ROLE_APPROVER else REQUEST
        signer = door.signers[who]
        key = Key(signer.keyid, ED25519, purpose, door.partner_of(who), None, signer.spki, 0)
        house.keys[signer.keyid] = key
        for method in METHODS.values():
            unset = replace(method, roles=frozenset(roles))
            envelope = door.sealed(who, door.complete(who, method.payload()))
            with pytest.raises(CoalitionError, match="this method is for") as caught:
                admit(house, unset, envelope)
            assert caught.value.reason == "ROLE_MISSING"


@ALL_METHODS
def test_every_role_of_a_method_gets_past_the_door(door: Door, method: Method) -> None:
    for role in method.roles:
        answer = call_as(door, CALLERS[role], method)
        assert answer.reason not in ("ROLE_MISSING", "PARTNER_MISMATCH"), options_pb2.Role.Name(role)  # type: ignore[arg-type]


@ALL_METHODS
def test_a_revoked_key_and_one_that_is_no_key_open_nothing(door: Door, method: Method) -> None:
    who, request = door.sample(method)
    envelope = Envelope.FromString(door.sealed(who, request))
    with door.records_nothing():
        call_as(door, "bakery-old", method).is_error("KEY_REVOKED")
        for keyid in ("", new_key().keyid, door.signers[who].keyid.upper(), "ab" * 500, "\0"):
            envelope.signatures[0].keyid = keyid
            door.call(method.path, envelope.SerializeToString()).is_error("KEY_UNKNOWN")


@ALL_METHODS
def test_another_partners_signature_does_not_count(door: Door, method: Method) -> None:
    who, request = door.sample(method)
    envelope = Envelope.FromString(door.sealed(who, request))
    with door.records_nothing():
        envelope.signatures[0].keyid = door.signers["grocer"].keyid
        door.call(method.path, envelope.SerializeToString()).is_error("SIGNATURE_INVALID")
        envelope = Envelope.FromString(door.sealed("florist", request))
        door.call(method.path, envelope.SerializeToString()).is_error("PARTNER_MISMATCH", "ROLE_MISSING")


@pytest.mark.parametrize(
    ("partner", "refusal"), [("florist", "PARTNER_NOT_ACTIVE"), ("kiosk", "PARTNER_SUSPENDED")]
)
def test_a_partner_that_is_not_active_is_refused_and_may_still_read(
    door: Door, partner: str, refusal: str
) -> None:
    issue = IssueRequest(member_id=door.member, amount=5)
    issue.occurred_at.FromMicroseconds(now_us())
    for request in (issue, EnrolRequest()):
        outcome = door.outcome(door.ask(partner, request))
        assert outcome.refusal == refusal
    assert door.ask(partner, GetBalanceRequest(member_id=door.member)).code == "OK"


@pytest.mark.parametrize("victim", ["operator", "grocer", "florist"])
@pytest.mark.parametrize("purpose", ["request", "approver"])
def test_no_partner_adds_a_key_that_speaks_for_another(door: Door, victim: str, purpose: str) -> None:
    key = new_key()
    person = "eve" if purpose == "approver" else None
    with BlockingClient(door.identity("bakery")) as bakery:
        outcome = bakery.add_key(key=key, partner_id=victim, purpose=purpose, person=person)
    assert outcome.refusal == "PARTNER_UNKNOWN"
    door.signers["eve"] = key
    door.ask("eve", GetBalanceRequest(member_id=door.member), partner_id=victim).is_error("KEY_UNKNOWN")


def test_an_approver_counts_once_a_clerk_and_an_approver_have_named_her(door: Door) -> None:
    """Nobody alone can invent the second person, no approver's key makes request keys, and no partner has approvers."""
    carol, balance = new_key(), GetBalanceRequest(member_id=door.member)
    door.signers["carol"] = carol
    with BlockingClient(door.identity("operator")) as clerk, BlockingClient(door.identity("ann")) as ann:
        assert ann.add_key(key=new_key(), partner_id="bakery").refusal == "PURPOSE_NOT_ALLOWED"
        at_a_partner = ann.add_key(key=carol, partner_id="bakery", purpose="approver", person="carol")
        assert at_a_partner.refusal == "PURPOSE_NOT_ALLOWED"
        assert ann.add_key(key=carol, purpose="approver", person="carol").refusal is None
        assert ann.add_key(key=carol, purpose="approver", person="carol").refusal == "KEY_EXISTS"
        assert clerk.add_key(key=carol, purpose="approver", person="carla").refusal is None
        door.ask("carol", balance, partner_id="operator").is_error("KEY_UNKNOWN")
        assert clerk.add_key(key=carol, purpose="approver", person="carol").refusal is None
        door.ask("carol", balance, partner_id="operator").is_error("ROLE_MISSING")
        assert clerk.add_key(key=new_key(), purpose="approver", person="carol").refusal == "TOO_MANY_KEYS"
        assert clerk.add_key(key=carol, purpose="approver", person="carol").refusal == "KEY_EXISTS"


def test_the_operator_keeps_the_keys_without_which_nobody_could_add_another(door: Door) -> None:
    with BlockingClient(door.identity("operator")) as clerk:
        assert clerk.revoke_key(keyid=door.signers["operator"].keyid).refusal == "LAST_KEY"
        assert clerk.revoke_key(keyid=door.signers["receipt"].keyid).refusal == "KEY_UNKNOWN"


def test_no_partner_ends_a_key_of_another(door: Door) -> None:
    with BlockingClient(door.identity("bakery")) as bakery:
        for who in ("operator", "ann", "receipt", "grocer"):
            assert bakery.revoke_key(keyid=door.signers[who].keyid).refusal == "KEY_UNKNOWN"
    assert call_as(door, "operator", METHODS["/coalition.api.v1.PartnerService/ListPartners"]).code == "OK"


def test_a_possession_proof_counts_for_one_network_and_owner_only(door: Door) -> None:
    key, other = new_key(), new_key()
    message = possession_message(audience=ORIGIN, partner_id="bakery", keyid=key.keyid)
    proofs = {
        "another key's": other.sign(message),
        "another network": key.sign(
            possession_message(audience="elsewhere", partner_id="bakery", keyid=key.keyid)
        ),
        "another partner": key.sign(
            possession_message(audience=ORIGIN, partner_id="grocer", keyid=key.keyid)
        ),
        "another keyid": key.sign(
            possession_message(audience=ORIGIN, partner_id="bakery", keyid=other.keyid)
        ),
        "empty": b"",
    }
    with door.records_nothing():
        for proof in proofs.values():
            request = partners_pb2.AddKeyRequest(
                partner_id="bakery",
                public_key=key.spki,
                purpose=partners_pb2.KEY_PURPOSE_REQUEST,
                possession=proof,
            )
            answer = door.ask("bakery", request)
            answer.is_error("FIELD_INVALID")
            assert answer.field == "possession"
