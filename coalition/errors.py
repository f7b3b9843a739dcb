"""The error table: every reason that a call can fail with, and the gRPC code that carries it.

Refusals are not here: they are recorded outcomes and travel in receipts with code OK. Reasons are the names of `ErrorReason` in
the proto; a house test walks both so that none is missing.
"""

ERROR_DOMAIN = "coalition.api.v1"

CODES: dict[str, str] = {
    "PAYLOAD_MALFORMED": "INVALID_ARGUMENT",
    "PAYLOAD_TOO_LARGE": "INVALID_ARGUMENT",
    "PAYLOAD_TYPE_MISMATCH": "INVALID_ARGUMENT",
    "UNKNOWN_FIELD": "INVALID_ARGUMENT",
    "FIELD_INVALID": "INVALID_ARGUMENT",
    "AMOUNT_NOT_POSITIVE": "INVALID_ARGUMENT",
    "AMOUNT_TOO_LARGE": "INVALID_ARGUMENT",
    "KEY_UNKNOWN": "UNAUTHENTICATED",
    "KEY_REVOKED": "UNAUTHENTICATED",
    "SIGNATURE_INVALID": "UNAUTHENTICATED",
    "AUDIENCE_MISMATCH": "PERMISSION_DENIED",
    "METHOD_MISMATCH": "PERMISSION_DENIED",
    "PARTNER_MISMATCH": "PERMISSION_DENIED",
    "KEY_MISMATCH": "PERMISSION_DENIED",
    "ROLE_MISSING": "PERMISSION_DENIED",
    "ACT_ID_REUSED": "ALREADY_EXISTS",
    "REQUEST_EXPIRED": "FAILED_PRECONDITION",
    "REQUEST_FROM_THE_FUTURE": "FAILED_PRECONDITION",
    "CYCLE_NOT_CLOSED": "FAILED_PRECONDITION",
    "ACT_UNKNOWN": "NOT_FOUND",
    "MEMBER_NOT_FOUND": "NOT_FOUND",
    "CYCLE_NOT_FOUND": "NOT_FOUND",
    "PARTNER_NOT_FOUND": "NOT_FOUND",
    "ENTRY_NOT_PUBLISHED": "NOT_FOUND",
    "QUEUE_FULL": "RESOURCE_EXHAUSTED",
    "BOOKS_UNAVAILABLE": "UNAVAILABLE",
    "SHUTTING_DOWN": "UNAVAILABLE",
    "BOOKS_INCONSISTENT": "INTERNAL",
}
"""Reason to gRPC status code name. BOOKS_INCONSISTENT is no answer to an input: it says that a person must look at the books."""
