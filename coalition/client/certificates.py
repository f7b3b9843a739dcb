"""Certificates and their private keys, judged before gRPC sees them: all it says of a wrong one is that a handshake failed."""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from coalition.client.errors import ClientError
from settlement.signing import UNREADABLE


def read_certificates(pem: bytes, name: str) -> list[x509.Certificate]:
    """The certificates in a PEM text, called `name` in errors. ClientError CERTIFICATE_INVALID."""
    try:
        certificates = x509.load_pem_x509_certificates(pem)
        for certificate in certificates:
            _spki(certificate.public_key())
    except (*UNREADABLE, x509.InvalidVersion):
        message = f"{name} holds no certificate in PEM (-----BEGIN CERTIFICATE-----), or a damaged one"
        raise ClientError("CERTIFICATE_INVALID", message) from None
    return certificates


def require_in_time(certificates: list[x509.Certificate], name: str) -> None:
    """ClientError CERTIFICATE_EXPIRED or CERTIFICATE_INVALID unless every certificate is valid now."""
    now = datetime.now(UTC)
    for certificate in certificates:
        if certificate.not_valid_after_utc <= now:
            ended = f"{certificate.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC"
            raise ClientError("CERTIFICATE_EXPIRED", f"{name} ended at {ended}; put a new one in its place")
        if certificate.not_valid_before_utc > now:
            begins = f"{certificate.not_valid_before_utc:%Y-%m-%d %H:%M:%S} UTC"
            message = f"{name} begins at {begins}; set this machine's clock, or wait"
            raise ClientError("CERTIFICATE_INVALID", message)


def require_pair(
    certificate: x509.Certificate, key_pem: bytes, *, certificate_name: str, key_name: str
) -> None:
    """ClientError CERTIFICATE_KEY_INVALID unless the text is the certificate's private key, unencrypted PEM."""
    try:
        key = load_pem_private_key(key_pem, password=None)
    except UNREADABLE:
        # The parser's own message could quote a piece of the key.
        message = f"{key_name} holds no unencrypted private key in PEM"
        raise ClientError("CERTIFICATE_KEY_INVALID", message) from None
    if _spki(key.public_key()) != _spki(certificate.public_key()):
        message = (
            f"the key in {key_name} does not belong to the certificate in {certificate_name}; name a pair"
        )
        raise ClientError("CERTIFICATE_KEY_INVALID", message)


def expires_s(certificates: list[x509.Certificate]) -> float:
    """When the first of them ends, in seconds since 1970."""
    return min(certificate.not_valid_after_utc for certificate in certificates).timestamp()


def _spki(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined,no-any-return]
