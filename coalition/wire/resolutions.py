"""Requests about breaks and their ends, and the exact bytes of the proposals in them."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from coalition.api.v1 import banking_pb2
from coalition.wire.strict import (
    check_audience,
    invalid,
    parse_proposal,
    read_partner_id,
    read_sha256,
    read_text,
)
from settlement.banking.acts import ApproveResolution, AssignBreak, ProposeResolution
from settlement.house.breaks import ADJUSTMENT, MATCH, OFFSET, WRITE_OFF, Resolution

WORDS_MAX = 200


def spell_resolution(audience: str, line: str, how: Resolution, words: str) -> bytes:
    """The bytes that two people sign to end a break, named by its line's hash in hex."""
    proposal = banking_pb2.Resolution(audience=audience, line_sha256=bytes.fromhex(line), words=words)
    match how.kind:
        case "write-off":
            proposal.write_off.SetInParent()
        case "adjustment":
            proposal.adjustment.participant = how.participant or ""
        case "match":
            proposal.match.settlement, proposal.match.participant = how.settlement or 0, how.participant or ""
        case "offset":
            proposal.offset.line_sha256 = bytes.fromhex(how.line or "")
    return proposal.SerializeToString(deterministic=True)


def _read_kind(proposal: banking_pb2.Resolution) -> Resolution:
    match proposal.WhichOneof("kind"):
        case "write_off":
            return Resolution(WRITE_OFF)
        case "adjustment":
            return Resolution(ADJUSTMENT, _participant(proposal.adjustment, "adjustment"))
        case "match":
            number = proposal.match.settlement
            if number < 1:
                raise invalid("proposal.match.settlement", "1 or more")
            return Resolution(MATCH, _participant(proposal.match, "match"), number)
        case "offset":
            other = read_sha256(proposal.offset.line_sha256, "proposal.offset.line_sha256")
            return Resolution(OFFSET, line=other)
    raise invalid("proposal.kind", "write_off, adjustment, match or offset")


def _participant(part: Any, name: str) -> str:
    return read_partner_id(part.participant, f"proposal.{name}.participant")


def _propose(request: Any) -> ProposeResolution:
    proposal = parse_proposal(request.proposal, banking_pb2.Resolution)
    check_audience(request, proposal.audience)
    return ProposeResolution(
        read_sha256(proposal.line_sha256, "proposal.line_sha256"),
        _read_kind(proposal),
        read_text(proposal.words, "proposal.words", least=1, most=WORDS_MAX),
        sha256(request.proposal).hexdigest(),
    )


RESOLUTION_BODIES: dict[str, Callable[[Any], object]] = {
    "AssignBreakRequest": lambda request: AssignBreak(
        read_sha256(request.line_sha256, "line_sha256"), read_partner_id(request.person, "person")
    ),
    "ProposeResolutionRequest": _propose,
    "ApproveResolutionRequest": lambda request: ApproveResolution(
        read_sha256(request.proposal_sha256, "proposal_sha256")
    ),
}
"""How each act's payload is read, by message name."""
