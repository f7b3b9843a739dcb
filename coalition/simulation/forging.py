"""Requests that nobody signed."""

from dataclasses import replace

from coalition.api.v1.envelope_pb2 import Envelope
from coalition.simulation.requests import Request


def forged(request: Request) -> Request:
    """The same request with one bit of its signature changed."""
    envelope = Envelope.FromString(request.envelope)
    signature = envelope.signatures[0]
    signature.sig = bytes([signature.sig[0] ^ 1]) + signature.sig[1:]
    return replace(request, envelope=envelope.SerializeToString())
