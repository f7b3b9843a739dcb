"""The auditor's own table of who may ask for what is the policy of the proto files."""

from coalition.api.v1 import options_pb2
from coalition.audit.askers import APPROVING, ASKED_BY, OPERATOR, PARTNER
from coalition.audit.claims import ENGINE_KINDS
from coalition.wire.methods import METHODS, payload_type_of
from coalition.wire.requests import BODIES
from settlement.journal.grammar import KINDS

ROLES: dict[int, str] = {
    int(options_pb2.ROLE_PARTNER): PARTNER,
    int(options_pb2.ROLE_OPERATOR): OPERATOR,
    int(options_pb2.ROLE_APPROVER): APPROVING,
}


def test_roles_are_those_of_the_protos() -> None:
    policies = {
        m.payload_type: frozenset(ROLES[role] for role in m.roles) for m in METHODS.values() if not m.read
    }
    assert {payload_type_of(message): roles for message, roles in ASKED_BY.values()} == policies


def test_every_kind_of_entry_is_an_act_or_the_engines_own() -> None:
    assert ASKED_BY.keys() | ENGINE_KINDS == KINDS.keys()
    assert not ASKED_BY.keys() & ENGINE_KINDS


def test_every_act_can_be_read_from_its_payload() -> None:
    assert {message for message, _ in ASKED_BY.values()} == BODIES.keys()
