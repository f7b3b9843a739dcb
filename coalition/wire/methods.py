"""The methods of the network and what the door demands of each, read from the options in the proto files."""

from dataclasses import dataclass

from google.protobuf.descriptor import FileDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from coalition.api.v1 import (
    banking_pb2,
    envelope_pb2,
    exchange_pb2,
    members_pb2,
    opening_pb2,
    options_pb2,
    partners_pb2,
    security_pb2,
    settlement_pb2,
    transparency_pb2,
)

FILES: tuple[FileDescriptor, ...] = tuple(
    module.DESCRIPTOR
    for module in (
        options_pb2,
        envelope_pb2,
        exchange_pb2,
        members_pb2,
        partners_pb2,
        settlement_pb2,
        opening_pb2,
        banking_pb2,
        security_pb2,
        transparency_pb2,
    )
)
"""Every proto file of the network, in an order in which each comes after those it imports."""
ACT_LIFE_MAX_US = 24 * 3_600_000_000
READ_LIFE_MAX_US = 60_000_000


@dataclass(frozen=True, slots=True)
class Method:
    """One method and its policy. `roles` empty: refused to everybody. `streams`: it answers with any number of messages."""

    path: str
    payload_type: str
    payload: type[Message]
    roles: frozenset[int]
    read: bool
    streams: bool

    @property
    def life_max_us(self) -> int:
        """Longest allowed time between issued_at and expires_at."""
        return READ_LIFE_MAX_US if self.read else ACT_LIFE_MAX_US


def payload_type_of(message_name: str) -> str:
    """The payload type of a message of this network."""
    return f"application/vnd.coalition.v1.{message_name}+protobuf"


RECEIPT_TYPE = payload_type_of("Receipt")


def _method(descriptor: MethodDescriptor) -> Method:
    policy = descriptor.GetOptions().Extensions[options_pb2.policy]
    message = descriptor.containing_service.file.message_types_by_name[policy.payload]
    path = f"/{descriptor.containing_service.full_name}/{descriptor.name}"
    return Method(
        path,
        payload_type_of(policy.payload),
        GetMessageClass(message),
        frozenset(policy.roles),
        policy.read,
        descriptor.server_streaming,
    )


METHODS: dict[str, Method] = {
    method.path: method
    for file in FILES
    for service in file.services_by_name.values()
    for method in map(_method, service.methods)
}
"""All methods by their gRPC path."""

METHODS_BY_TYPE: dict[str, Method] = {method.payload_type: method for method in METHODS.values()}
"""All methods by payload type: one fixed type per method."""
