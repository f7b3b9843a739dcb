"""The folder DIR/tls: a CA of the network's own, and what it issued. Each NAME.pem has its NAME.key, mode 0600.

ca, server, and partners/ID for each partner.
"""

from pathlib import Path

from coalition.cli.issuing import (
    CERTIFICATE_DAYS,
    Issued,
    make_ca,
    make_client_certificate,
    make_server_certificate,
)
from coalition.cli.site import Site
from coalition.client import Identity, Tls, load_identity
from coalition.client.certificates import read_certificates, require_in_time, require_pair
from coalition.client.private_files import read_private, replace_private
from coalition.gateway.visitor import partner_uri
from settlement.errors import CoalitionError

CA, SERVER = "ca", "server"
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def partner_name(partner_id: str) -> str:
    """What a partner's certificate is called here: in a folder apart, as partners may be called `ca` or `server`."""
    return f"partners/{partner_id}"


def certificate_path(site: Site, name: str) -> Path:
    """Where a certificate made here lies."""
    return site.tls / f"{name}.pem"


def key_path(site: Site, name: str) -> Path:
    """Where its private key lies."""
    return site.tls / f"{name}.key"


def keep_ca(site: Site, network: str) -> None:
    """Makes the network's CA unless it is here. Its key signs every certificate: whoever has it can pose as any partner."""
    if not key_path(site, CA).exists():
        _write(site, CA, make_ca(f"CA of {network}"))


def issue_server(site: Site, hosts: list[str], *, days: int = CERTIFICATE_DAYS) -> None:
    """Issues the server's certificate; it replaces an older one, whole or not at all, so that a running server may read it."""
    _write(
        site, SERVER, make_server_certificate(_ca(site), [*dict.fromkeys([*hosts, *LOCAL_HOSTS])], days=days)
    )


def issue_partner(site: Site, network: str, partner_id: str, *, days: int = CERTIFICATE_DAYS) -> Tls:
    """Issues a partner's certificate and keeps it here."""
    issued = make_client_certificate(_ca(site), partner_uri(network, partner_id), days=days)
    _write(site, partner_name(partner_id), issued)
    return Tls(_ca(site).certificate, issued.certificate, issued.key)


def identities_of(site: Site, partner_id: str | None = None) -> list[tuple[Path, Identity]]:
    """The identities made here, of one partner or of all."""
    found = [(path, load_identity(path)) for path in map(site.identity_path, site.identity_names())]
    return [(path, identity) for path, identity in found if partner_id in (None, identity.partner_id)]


def tls_of_new(site: Site, identity: Identity, partner_id: str) -> Tls | None:
    """How a new identity speaks TLS: as the one it is made by, if it is the same partner's, else with a certificate of its own.

    If the CA is not here, its partner must get a certificate where the CA is.
    """
    if identity.tls is None or identity.partner_id == partner_id:
        return identity.tls
    if not key_path(site, CA).exists():
        return Tls(identity.tls.server_ca)
    return issue_partner(site, identity.network, partner_id)


def _ca(site: Site) -> Issued:
    """CoalitionError CA_NOT_FOUND, and whatever may be wrong with its files."""
    certificate, key = certificate_path(site, CA), key_path(site, CA)
    if not key.exists():
        message = f"there is no CA in {site.tls}; run `coalition tls init HOST{site.flags}` first"
        raise CoalitionError("CA_NOT_FOUND", message)
    issued = Issued(certificate.read_bytes(), read_private(key))
    chain = read_certificates(issued.certificate, str(certificate))
    require_in_time(chain, str(certificate))
    require_pair(chain[0], issued.key, certificate_name=str(certificate), key_name=str(key))
    return issued


def _write(site: Site, name: str, issued: Issued) -> None:
    for folder in (site.tls, certificate_path(site, name).parent):
        folder.mkdir(mode=0o700, exist_ok=True)
    replace_private(key_path(site, name), issued.key)
    replace_private(certificate_path(site, name), issued.certificate)
