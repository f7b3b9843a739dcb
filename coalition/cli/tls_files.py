"""The server's certificate files, read with answers that name the file and the cure."""

from functools import partial
from pathlib import Path

from coalition.client.certificates import expires_s, read_certificates, require_in_time, require_pair
from coalition.client.private_files import read_private
from coalition.gateway.tls import Credentials, TlsFiles


def tls_files(certificate: Path, key: Path, client_ca: Path | None) -> TlsFiles:
    """The files as the server watches them."""
    paths = (certificate, key) if client_ca is None else (certificate, key, client_ca)
    return TlsFiles(paths, partial(_read, certificate, key, client_ca))


def _read(certificate: Path, key: Path, client_ca: Path | None) -> Credentials:
    """CoalitionError CERTIFICATE_INVALID, CERTIFICATE_EXPIRED, CERTIFICATE_KEY_INVALID, FILE_NOT_PRIVATE; OSError."""
    chain_pem, key_pem = certificate.read_bytes(), read_private(key)
    chain = read_certificates(chain_pem, str(certificate))
    require_in_time(chain, str(certificate))
    require_pair(chain[0], key_pem, certificate_name=str(certificate), key_name=str(key))
    ends_s = {"server": expires_s(chain)}
    if client_ca is None:
        return Credentials(key_pem, chain_pem, None, ends_s)
    ca_pem = client_ca.read_bytes()
    cas = read_certificates(ca_pem, str(client_ca))
    require_in_time(cas, str(client_ca))
    return Credentials(key_pem, chain_pem, ca_pem, ends_s | {"client_ca": expires_s(cas)})
