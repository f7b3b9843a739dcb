"""One vocabulary of reasons: the proto, the error table, the rules and the door name the same ones."""

import ast
import re
from collections.abc import Iterable

from coalition.api.v1 import options_pb2
from coalition.api.v1.envelope_pb2 import ErrorReason, RefusalReason, RequestHeader
from coalition.errors import CODES
from coalition.gateway.services import READS, STREAMS
from coalition.wire.methods import METHODS
from coalition.wire.requests import BODIES
from tests.house.source import ROOT, parsed, python_files

DECIDES = (
    "settlement/ledger/decide.py",
    "settlement/ledger/rules",
    "settlement/house/decide.py",
    "settlement/house/four_eyes.py",
    "settlement/house/funding.py",
    "settlement/house/awaited.py",
    "settlement/house/opening.py",
    "settlement/banking/accounts.py",
    "settlement/banking/importing.py",
    "settlement/banking/instructing.py",
    "settlement/banking/resolving.py",
    "settlement/clearing",
)
REASON = re.compile(r"[A-Z]+(?:_[A-Z]+)+")
GRPC_CODES = {
    "INVALID_ARGUMENT",
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "ALREADY_EXISTS",
    "FAILED_PRECONDITION",
    "NOT_FOUND",
    "RESOURCE_EXHAUSTED",
    "UNAVAILABLE",
    "INTERNAL",
}
RAISED_ELSEWHERE = {"CYCLE_NOT_CLOSED", "AMOUNT_TOO_LARGE", "FIELD_INVALID"}
"""Reasons in the rules that are errors and no refusals."""


def reasons_of(names: Iterable[str], prefix: str) -> set[str]:
    names = {name.removeprefix(prefix) for name in names}
    return names - {"UNSPECIFIED"}


def strings_in(path: str) -> set[str]:
    return {
        node.value
        for file in (python_files(path) if (ROOT / path).is_dir() else [ROOT / path])
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and REASON.fullmatch(node.value)
    }


def test_every_error_of_the_proto_has_a_code_and_no_other_has() -> None:
    assert reasons_of(ErrorReason.keys(), "ERROR_REASON_") == set(CODES)


def test_codes_are_those_of_the_documented_table_and_only_sick_books_are_internal() -> None:
    assert set(CODES.values()) <= GRPC_CODES
    assert [reason for reason, code in CODES.items() if code == "INTERNAL"] == ["BOOKS_INCONSISTENT"]


def test_every_refusal_of_the_rules_is_in_the_proto_and_each_of_the_proto_is_used() -> None:
    used = set().union(*map(strings_in, DECIDES)) - RAISED_ELSEWHERE
    assert used == reasons_of(RefusalReason.keys(), "REFUSAL_REASON_")


def test_every_error_that_the_servers_rooms_raise_is_in_the_proto() -> None:
    """Errors of a command at the desk (founding, serving, a client's own) never travel and need no place in it."""
    travelling = (
        "coalition/gateway",
        "coalition/exchange",
        "coalition/wire",
        "settlement/ledger",
        "settlement/statements",
    )
    raised = {
        (str(path.relative_to(ROOT)), node.args[0].value)
        for path in python_files(*travelling)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "CoalitionError"
        and isinstance(node.args[0], ast.Constant)
    }
    loading = {"OPENING_FILE_INVALID", "OPENING_NOT_APPROVED"}
    local = {"NETWORK_EXISTS", "RECEIPT_MISMATCH", "LISTEN_FAILED"} | loading
    assert {(path, reason) for path, reason in raised if reason not in CODES and reason not in local} == set()


def test_every_method_has_a_policy_with_a_role_and_a_header_first() -> None:
    for path, method in METHODS.items():
        assert method.roles, f"{path} is for nobody"
        assert options_pb2.ROLE_UNSPECIFIED not in method.roles
        first = method.payload.DESCRIPTOR.fields_by_number[1]
        assert first.name == "header", path
        assert first.message_type is RequestHeader.DESCRIPTOR, path


def test_every_payload_belongs_to_one_method_and_is_read_or_acted_upon() -> None:
    names = [method.payload.DESCRIPTOR.name for method in METHODS.values()]
    assert len(names) == len(set(names))
    reads = {method.payload.DESCRIPTOR.name for method in METHODS.values() if method.read}
    assert reads == set(READS) | set(STREAMS)
    assert set(names) - reads == set(BODIES)


def test_every_refusal_that_a_method_documents_exists() -> None:
    known = reasons_of(RefusalReason.keys(), "REFUSAL_REASON_") | set(CODES)
    for path in (ROOT / "proto").rglob("*.proto"):
        comments = re.findall(r"//.*(?:Refusals?|Errors?)\b.*(?:\n\s*//.*)*", path.read_text())
        for comment in comments:
            for reason in re.findall(r"\b[A-Z]{3,}(?:_[A-Z]+)+\b", comment):
                assert reason in known or reason.startswith("ROLE_"), f"{path.name}: {reason}"
