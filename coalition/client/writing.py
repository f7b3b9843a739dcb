"""From what a caller asks to the bytes of a signed request, and back again to see whether two requests ask the same."""

from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from coalition.api.v1.envelope_pb2 import Envelope, RequestHeader
from coalition.client.aliases import Alias, alias_token
from coalition.client.errors import ClientError
from coalition.client.identity import Identity
from coalition.wire.envelope import seal
from coalition.wire.methods import METHODS, READ_LIFE_MAX_US, Method
from coalition.wire.strict import write_time
from settlement.clock import HOUR_US, now_us, to_us

ACT_LIFE_US = HOUR_US
"""How long a request for an act may be sent again before it expires unrecorded."""

_METHODS_BY_PAYLOAD: dict[str, Method] = {
    method.payload.DESCRIPTOR.full_name: method for method in METHODS.values()
}
_CHOSEN_BY_THE_CLIENT = ("header", "possession", "member_proof")
"""Fields that differ between two requests for the same: times and ids, signatures with randomness in them, and codes."""


def method_of(request: Message) -> Method:
    """The one method that takes this payload."""
    return _METHODS_BY_PAYLOAD[request.DESCRIPTOR.full_name]


def as_timestamp(moment: datetime | None) -> Timestamp | None:
    """None stays None. ValueError for a datetime without a zone."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone, for example datetime.now(UTC)")
    stamp = Timestamp()
    write_time(stamp, to_us(moment.astimezone(UTC)))
    return stamp


def asks_the_same(envelope: bytes, request: Message) -> bool:
    """Whether a kept envelope asks for what the request asks, apart from what the client itself chose."""
    sealed, method = Envelope.FromString(envelope), method_of(request)
    if sealed.payload_type != method.payload_type:
        return False
    kept: Any = method.payload.FromString(sealed.payload)
    asked: Any = type(request)()
    asked.CopyFrom(request)
    names = set(request.DESCRIPTOR.fields_by_name)
    for name in names.intersection(_CHOSEN_BY_THE_CLIENT):
        kept.ClearField(name)
        asked.ClearField(name)
    for message in (kept, asked) if "device" in names else ():
        if message.HasField("device"):
            message.device.ClearField("possession")
    if "occurred_at" in names and not request.HasField("occurred_at"):
        kept.ClearField("occurred_at")
    return bool(kept == asked)


class RequestWriter:
    """Writes requests in one identity's name."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._key_id = bytes.fromhex(identity.signer.keyid)

    def name_member(self, request: Any, member: str | Alias) -> None:
        """Sets member_id, or alias_token for an alias. ClientError ALIAS_INVALID, ALIAS_KEY_MISSING."""
        if isinstance(member, str):
            request.member_id = member
        else:
            request.alias_token = self.token(member)

    def name_recipient(self, request: Any, recipient: str | Alias) -> None:
        """As `name_member`, for the member to whom points go."""
        if isinstance(recipient, str):
            request.recipient_id = recipient
        else:
            request.recipient_token = self.token(recipient)

    def token(self, alias: Alias) -> bytes:
        """The alias's token. ClientError ALIAS_INVALID, ALIAS_KEY_MISSING."""
        key = self._identity.alias_key
        if key is None:
            raise ClientError(
                "ALIAS_KEY_MISSING", "this identity has no alias key: name members by their ids"
            )
        kind, spelling = alias
        return alias_token(key, kind, spelling)

    def seal(self, request: Any, *, request_id: str) -> bytes:
        """Completes the request with its header, and with occurred_at where it has none; returns the signed envelope's bytes."""
        method, identity, now = method_of(request), self._identity, now_us()
        header: RequestHeader = request.header
        header.audience = identity.network
        header.method = method.path
        header.partner_id = identity.partner_id
        header.key_id = self._key_id
        header.request_id = request_id
        write_time(header.issued_at, now)
        write_time(header.expires_at, now + (READ_LIFE_MAX_US if method.read else ACT_LIFE_US))
        if "occurred_at" in request.DESCRIPTOR.fields_by_name and not request.HasField("occurred_at"):
            write_time(request.occurred_at, now)
        return seal(identity.signer, method.payload_type, request.SerializeToString())
