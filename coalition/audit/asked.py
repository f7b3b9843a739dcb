"""What must be known to examine an entry by itself, and whether a payload is well made, read as a message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any, TypeAlias

import numpy as np
from google.protobuf.message import DecodeError

from coalition.audit.askers import ASKED_BY
from coalition.audit.claims import what_is_wrong_with_life
from coalition.audit.growing import Growing
from coalition.audit.ordinary_leaves import Issuing
from coalition.audit.ordinary_rows import Signer
from coalition.audit.plain_payload import BEFORE_HEADER, beginning_of
from coalition.wire.methods import METHODS_BY_TYPE, payload_type_of
from settlement.house.state import House
from settlement.ids import is_uuid
from settlement.signing import PublicKey

PAYLOAD_TYPES = {kind: payload_type_of(ASKED_BY[kind][0]) for kind in ("issue", "redeem", "enrol")}
"""By kinds of entries."""
_METHODS = {kind: METHODS_BY_TYPE[payload_type] for kind, payload_type in PAYLOAD_TYPES.items()}
_LENGTHS = {
    kind.encode(): len(beginning_of("", method, "", sha256().digest())) for kind, method in _METHODS.items()
}
"""Of the beginnings of payloads, without the names of network and partner."""

SignedBy: TypeAlias = tuple[bytes, bytes]
"""Kind of entry and partner, as columns have them."""
Beginning: TypeAlias = tuple[SignedBy, bytes]
"""And how the payload's header begins."""


@dataclass(slots=True)
class Circumstances:
    """The network's name, all keys that the house ever named, by key id, and its tariffs.

    `signatures`: whether they are verified. `signers`: those of whom a payload was read as a message and found well made, by how
    theirs begin; with their keys, and their places among all.
    """

    audience: str
    keys: Mapping[bytes, PublicKey]
    house: House
    signatures: bool
    signers: list[tuple[Signer, PublicKey]] = field(default_factory=list)
    keyids: Growing = field(default_factory=partial(Growing, np.uint8, 2 * sha256().digest_size))
    """Of all signers, a row for each."""
    known: dict[Beginning, int] = field(default_factory=dict)
    _issuing: dict[int, Issuing] = field(default_factory=dict)

    def issuing(self, tariff: int) -> Issuing:
        """What the tariff of a house entry makes of issues."""
        if tariff not in self._issuing:
            self._issuing[tariff] = Issuing(self.house, tariff)
        return self._issuing[tariff]

    def length_of_beginning(self, kind: bytes, partner: bytes) -> int:
        """How many bytes of a header come before the act's id."""
        return _LENGTHS[kind] + len(self.audience) + len(partner)

    def signer(self, beginning: Beginning, payload: bytes, time_us: int) -> int:
        """The place of who signed payloads that begin so, if this one is well made; -1 otherwise."""
        place = self.known.get(beginning, -1)
        return self._learn(beginning[0], payload, time_us) if place < 0 else place

    def _learn(self, signed_by: SignedBy, payload: bytes, time_us: int) -> int:
        kind, partner = signed_by
        read = read_message((kind.decode(), partner.decode()), payload, time_us, self)
        if read is None:
            return -1
        signer, key = read
        begins = beginning_of(self.audience, _METHODS[signer[0]], signer[1], bytes.fromhex(key.keyid))
        if not payload.startswith(begins, BEFORE_HEADER):
            return -1
        self.known[signed_by, begins] = len(self.signers)
        self.signers.append((signer, key))
        self.keyids.extend(np.frombuffer(key.keyid.encode(), np.uint8)[None])
        return len(self.signers) - 1


def read_message(
    signed_by: tuple[str, str], payload: bytes, time_us: int, circumstances: Circumstances
) -> tuple[Signer, PublicKey] | None:
    """Who asks, and by which key; None unless the header fits the network, kind, partner and time."""
    kind, partner = signed_by
    method = _METHODS[kind]
    try:
        request: Any = method.payload.FromString(payload)
    except DecodeError:
        return None
    request.DiscardUnknownFields()
    header = request.header
    fits = (
        request.ByteSize() == len(payload)
        and header.audience == circumstances.audience
        and header.method == method.path
        and header.partner_id == partner
        and is_uuid(header.request_id)
        and what_is_wrong_with_life(header, method, time_us) is None
    )
    key = circumstances.keys.get(header.key_id) if fits else None
    return None if key is None else ((kind, partner, key.keyid), key)
