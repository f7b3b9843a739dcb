"""Making certificates: a CA of the network's own, and what it signs (RFC 5280). Keys are ECDSA P-256."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS = 3_650
CERTIFICATE_DAYS = 365
COMMON_NAME_CHARACTERS_MAX = 64
_SKEW = timedelta(hours=1)
"""Certificates begin a little earlier, for clocks that are behind."""


@dataclass(frozen=True, repr=False)
class Issued:
    """A certificate with its private key, both PEM."""

    certificate: bytes
    key: bytes


def make_ca(name: str) -> Issued:
    """A CA that signs itself and may sign no other CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    draft = _draft(name, key, days=CA_DAYS, ca=True).issuer_name(_name(name))
    return _signed(draft, key, signer=key)


def make_server_certificate(ca: Issued, hosts: list[str], *, days: int) -> Issued:
    """For a server that is called by any of the names or IP addresses."""
    return _issue(ca, hosts[0], [_host(host) for host in hosts], ExtendedKeyUsageOID.SERVER_AUTH, days)


def make_client_certificate(ca: Issued, uri: str, *, days: int) -> Issued:
    """For a client that the URI names."""
    uris = [x509.UniformResourceIdentifier(uri)]
    return _issue(ca, uri.rpartition("/")[2], uris, ExtendedKeyUsageOID.CLIENT_AUTH, days)


def _issue(
    ca: Issued, name: str, names: Sequence[x509.GeneralName], usage: x509.ObjectIdentifier, days: int
) -> Issued:
    issuer = x509.load_pem_x509_certificate(ca.certificate)
    signer = load_pem_private_key(ca.key, password=None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    draft = (
        _draft(name, key, days=days, ca=False)
        .issuer_name(issuer.subject)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    )
    return _signed(draft, key, signer=signer)


def _draft(name: str, key: ec.EllipticCurvePrivateKey, *, days: int, ca: bool) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _signed(
    draft: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, *, signer: ec.EllipticCurvePrivateKey
) -> Issued:
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    certificate = draft.add_extension(identifier, critical=False).sign(signer, SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Issued(certificate.public_bytes(Encoding.PEM), pem)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:COMMON_NAME_CHARACTERS_MAX])])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
