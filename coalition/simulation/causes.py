"""What excuses an error: the fact of the network that must have been there for the door to answer so."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from coalition.simulation.model import Model
from settlement.clock import SECOND_US
from settlement.house.acts import AgreeToFund, ProposeTariff
from settlement.journal.leaf import HOUSE

if TYPE_CHECKING:
    from coalition.simulation.auditor import Circumstances, Wanted
    from coalition.simulation.processes import Answer

SKEW_US = 60 * SECOND_US
BATCH_US = 1_000
"""Entries of one batch are a microsecond apart each, so the last may be ahead of the clock by so much."""
TRY_AGAIN = frozenset({"BOOKS_UNAVAILABLE", "QUEUE_FULL", "SHUTTING_DOWN", "RATE_LIMITED"})
"""Errors that need no excuse: nothing is said of the act, and the same bytes are sent again."""


def what_does_not_excuse(
    model: Model, wanted: "Wanted", answer: "Answer", circumstances: "Circumstances"
) -> str | None:
    """None if the error has its cause, else what is the case instead."""
    reason = answer.reason or ""
    if reason in TRY_AGAIN:
        return None
    if not wanted.sound:
        return None if reason in _FOR_UNSOUND else "the request is unsound in another way"
    excuse = _EXCUSES.get(reason)
    if excuse is None:
        return f"nothing excuses it: {answer.text}"
    return None if excuse(model, wanted, circumstances) else f"its cause is not there: {answer.text}"


_FOR_UNSOUND = frozenset(
    {
        "SIGNATURE_INVALID",
        "AUDIENCE_MISMATCH",
        "PARTNER_MISMATCH",
        "KEY_MISMATCH",
        "ROLE_MISSING",
        "KEY_REVOKED",
    }
    | {"KEY_UNKNOWN"}
)


def _key_unknown(model: Model, wanted: "Wanted", circumstances: "Circumstances") -> bool:
    key = model.key(wanted.asked.keyid)
    return key is None or key.added_at >= circumstances.house_before


def _key_revoked(model: Model, wanted: "Wanted", _circumstances: "Circumstances") -> bool:
    return not model.key_is_live(wanted.asked.keyid, model.size(HOUSE))


def _reused(_model: Model, _wanted: "Wanted", circumstances: "Circumstances") -> bool:
    return circumstances.has_rival


def _expired(_model: Model, wanted: "Wanted", circumstances: "Circumstances") -> bool:
    return circumstances.highest_us + BATCH_US >= wanted.header.expires_at_us


def _from_the_future(_model: Model, wanted: "Wanted", circumstances: "Circumstances") -> bool:
    return wanted.header.issued_at_us > circumstances.lowest_us + SKEW_US


def _not_closed(_model: Model, _wanted: "Wanted", circumstances: "Circumstances") -> bool:
    return circumstances.uncut


def _cannot_be(model: Model, wanted: "Wanted", _circumstances: "Circumstances") -> bool:
    """Terms that the settlement model does not know; or, by a clock that is ahead, a share until a time that is past."""
    body = wanted.asked.body
    if isinstance(body, AgreeToFund):
        return body.until_us <= wanted.header.issued_at_us
    return isinstance(body, ProposeTariff) and not model.allows(body.tariff)


_EXCUSES: dict[str, Callable[[Model, "Wanted", "Circumstances"], bool]] = {
    "KEY_UNKNOWN": _key_unknown,
    "KEY_REVOKED": _key_revoked,
    "ACT_ID_REUSED": _reused,
    "REQUEST_EXPIRED": _expired,
    "REQUEST_FROM_THE_FUTURE": _from_the_future,
    "CYCLE_NOT_CLOSED": _not_closed,
    "FIELD_INVALID": _cannot_be,
}
