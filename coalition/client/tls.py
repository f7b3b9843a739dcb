"""How a client speaks TLS: whom it believes, and what it shows."""

from dataclasses import dataclass

import grpc

from coalition.client.certificates import read_certificates, require_in_time, require_pair
from coalition.client.errors import ClientError


@dataclass(frozen=True, repr=False)
class Tls:
    """PEM texts. Raises ClientError CERTIFICATE_INVALID or CERTIFICATE_KEY_INVALID. Printing it shows no secret."""

    server_ca: bytes
    """The CA whose servers are believed; the server's certificate must also name the host that is called."""
    certificate: bytes | None = None
    """The client's own certificate and those between it and the CA, for servers that ask for one."""
    key: bytes | None = None
    """Its private key."""

    def __post_init__(self) -> None:
        read_certificates(self.server_ca, "tls.server_ca")
        if (self.certificate is None) != (self.key is None):
            raise ClientError("CERTIFICATE_KEY_INVALID", "a client certificate and its key come together")
        if self.certificate is not None and self.key is not None:
            own = read_certificates(self.certificate, "tls.certificate")
            require_pair(own[0], self.key, certificate_name="tls.certificate", key_name="tls.key")

    def __repr__(self) -> str:
        return f"Tls(certificate={'none' if self.certificate is None else 'held'}, key='hidden')"

    def credentials(self) -> grpc.ChannelCredentials:
        """For `open_channel`. ClientError CERTIFICATE_EXPIRED, CERTIFICATE_INVALID for one that is not valid now."""
        for name, pem in (("tls.server_ca", self.server_ca), ("tls.certificate", self.certificate)):
            if pem is not None:
                require_in_time(read_certificates(pem, name), f"the identity's {name}")
        return grpc.ssl_channel_credentials(self.server_ca, self.key, self.certificate)
