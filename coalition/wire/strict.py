"""Strict reading of protobuf: no unknown fields at any depth, every value well-formed, errors that name the field."""

from typing import Any

from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.unknown_fields import UnknownFieldSet

from coalition.api.v1 import envelope_pb2
from settlement.clock import SECOND_US, TIME_MAX_US
from settlement.errors import CoalitionError
from settlement.ids import is_partner_id, is_uuid
from settlement.money import AMOUNT_MAX, ASSETS, POINTS, VALUE

_ASSETS: dict[int, str] = {
    envelope_pb2.ASSET_UNSPECIFIED: POINTS,
    envelope_pb2.ASSET_POINTS: POINTS,
    envelope_pb2.ASSET_VALUE: VALUE,
}


def parse_error(field: str, error: Exception) -> CoalitionError:
    """The error for bytes that are not a message of the expected type."""
    return CoalitionError(
        "PAYLOAD_MALFORMED", f"{field} is not a well-formed message of its type: {error}", field=field
    )


def refuse_unknown_fields(message: Message) -> None:
    """UNKNOWN_FIELD if the message or one inside it carries a field that this version does not know."""
    # Two sizes tell in a microsecond whether there is any; only then is it worth while to look where.
    known = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    if known.ByteSize() != message.ByteSize():
        _name_unknown_field(message, "")


def _name_unknown_field(message: Message, path: str) -> None:
    unknown = UnknownFieldSet(message)
    if len(unknown):
        number = unknown[0].field_number
        text = (
            f"{path or message.DESCRIPTOR.name} has a field {number} that is not in the proto; leave it out"
        )
        raise CoalitionError("UNKNOWN_FIELD", text, field=path or message.DESCRIPTOR.name)
    for field, value in message.ListFields():
        if field.message_type is not None:
            inner = f"{path}.{field.name}" if path else field.name
            for part in value if field.is_repeated else (value,):
                _name_unknown_field(part, inner)


def invalid(field: str, demand: str) -> CoalitionError:
    """FIELD_INVALID with a sentence of what the field must be."""
    return CoalitionError("FIELD_INVALID", f"{field} must be {demand}", field=field)


def read_time(value: Timestamp, field: str) -> int:
    """Microseconds since 1970; the part below a microsecond is cut off."""
    nanos = value.nanos
    if not 0 <= nanos < 1_000_000_000:
        raise invalid(field, "a timestamp with nanos from 0 to 999,999,999")
    time_us = value.seconds * SECOND_US + nanos // 1_000
    if not 0 < time_us <= TIME_MAX_US:
        raise invalid(field, "set, after 1970 and before the year 10000")
    return time_us


def write_time(target: Timestamp, time_us: int) -> None:
    """Sets a timestamp from microseconds."""
    target.seconds, remainder = divmod(time_us, SECOND_US)
    target.nanos = remainder * 1_000


def read_amount(amount: int, field: str = "amount", *, most: int = AMOUNT_MAX) -> int:
    """A positive integer, by default points up to 10^12. Errors AMOUNT_NOT_POSITIVE, AMOUNT_TOO_LARGE."""
    if amount <= 0:
        raise CoalitionError(
            "AMOUNT_NOT_POSITIVE", f"{field} must be at least 1, it is {amount}", field=field
        )
    if amount > most:
        raise CoalitionError(
            "AMOUNT_TOO_LARGE", f"{field} must be at most {most}, it is {amount}", field=field
        )
    return amount


def read_asset(asset: int) -> str:
    """Points unless it says value; what a later version may come to know is FIELD_INVALID."""
    if asset not in _ASSETS:
        raise invalid("asset", "ASSET_POINTS or ASSET_VALUE")
    return _ASSETS[asset]


def write_asset(asset: str) -> envelope_pb2.Asset.ValueType:
    """The number of an asset on the wire. ValueError for what is none: it must not pass for points."""
    if asset not in ASSETS:
        raise ValueError(f"asset must be one of {', '.join(ASSETS)}, it is {asset!r}")
    return envelope_pb2.ASSET_VALUE if asset == VALUE else envelope_pb2.ASSET_POINTS


def read_uuid(text: str, field: str) -> str:
    """A UUID in lower-case canonical form."""
    if not is_uuid(text):
        raise invalid(field, "a lower-case UUID such as 01890f3c-7a5b-7c21-9d3e-0b1c2d3e4f50")
    return text


def read_partner_id(text: str, field: str) -> str:
    """A partner id."""
    if not is_partner_id(text):
        raise invalid(field, "2 to 40 of a-z, 0-9 and inner hyphens")
    return text


def read_token(token: bytes, field: str) -> bytes:
    """An alias token: 32 bytes."""
    if len(token) != 32:
        raise invalid(field, "the 32 bytes of an alias token, never a card or phone number")
    return token


def read_text(text: str, field: str, *, least: int, most: int) -> str:
    """Printable ASCII without blanks at its ends."""
    if (
        not least <= len(text) <= most
        or text != text.strip()
        or any(not " " <= letter <= "~" for letter in text)
    ):
        raise invalid(field, f"{least} to {most} printable ASCII characters without blanks at the ends")
    return text


def read_sha256(digest: bytes, field: str) -> str:
    """A SHA-256 in hex."""
    if len(digest) != 32:
        raise invalid(field, "32 bytes")
    return digest.hex()


def parse_proposal(data: bytes, message_type: type[Message]) -> Any:
    """What two people sign: the message in its one spelling. Errors PAYLOAD_MALFORMED, UNKNOWN_FIELD, FIELD_INVALID."""
    proposal = parse_payload(data, message_type)
    if proposal.SerializeToString(deterministic=True) != data:
        raise invalid("proposal", "spelled in one way: fields in order, nothing that is left out by default")
    return proposal


def check_audience(request: Any, audience: str) -> None:
    """AUDIENCE_MISMATCH if a proposal is for another network than its request."""
    if audience != request.header.audience:
        message = "the proposal is for another network"
        raise CoalitionError("AUDIENCE_MISMATCH", message, field="proposal.audience")


def parse_payload(payload: bytes, message_type: type[Message]) -> Any:
    """The message in a payload, without unknown fields. Errors PAYLOAD_MALFORMED, UNKNOWN_FIELD."""
    try:
        message = message_type.FromString(payload)
    except (DecodeError, ValueError) as error:
        raise parse_error("payload", error) from None
    refuse_unknown_fields(message)
    return message
