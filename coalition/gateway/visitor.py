"""What the connection says of whoever calls: an address, and the partner that a client certificate names.

A client certificate names its partner by a URI in its subject alternative name: `coalition://NETWORK/PARTNER`.
"""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from settlement.errors import CoalitionError
from settlement.house.records import Key
from settlement.house.state import House

_SCHEME = b"coalition://"
_ADDRESSES_CACHED = 4_096
_IPV6_NETWORK_BITS = 64


def partner_uri(network: str, partner_id: str) -> str:
    """How a certificate names a partner of a network."""
    return f"{_SCHEME.decode()}{network}/{partner_id}"


@dataclass(slots=True)
class Visitor:
    """Whoever stands at the door with a call.

    `named`: the `coalition:` URIs of the client certificate, None where the server asks for none. `partner`: None until the
    signature has shown whose call it is.
    """

    address: str
    named: list[bytes] | None
    partner: str | None = None

    def check_certificate(self, house: House, key: Key) -> None:
        """CERTIFICATE_MISMATCH unless the certificate, if one is asked for, names the key's owner and nobody else."""
        if self.named is None:
            return
        expected = partner_uri(house.founded.origin, key.owner)
        if self.named != [expected.encode()]:
            message = f"the client certificate must name {expected} as its one `coalition:` URI; connect with that one"
            raise CoalitionError("CERTIFICATE_MISMATCH", message, field="header.partner_id")


def visitor_of(context: Any, *, client_certificates: bool) -> Visitor:
    """The one place that asks gRPC who is there: `peer()`, and `auth_context()` if certificates are asked for."""
    address = address_of(context.peer())
    if not client_certificates:
        return Visitor(address, None)
    uris = context.auth_context().get("peer_uri", ())
    return Visitor(address, [uri for uri in uris if uri.startswith(_SCHEME)])


@lru_cache(maxsize=_ADDRESSES_CACHED)
def address_of(peer: str) -> str:
    """The host in `ipv4:HOST:PORT` or `ipv6:[HOST]:PORT`; of IPv6 the network, as a caller has all addresses in it."""
    kind, _, rest = peer.partition(":")
    if kind not in ("ipv4", "ipv6"):
        return kind
    host = unquote(rest).rpartition(":")[0].strip("[]").partition("%")[0]
    if kind == "ipv4":
        return host
    return str(ipaddress.ip_network(f"{host}/{_IPV6_NETWORK_BITS}", strict=False))
