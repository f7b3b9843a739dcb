"""`coalition tls`: a CA and certificates, for mutual TLS between the server and its partners."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.serialization import Encoding

from coalition.cli.issuing import CERTIFICATE_DAYS
from coalition.cli.options import Data, Json, PartnerId
from coalition.cli.printing import emit, hint, say
from coalition.cli.site import OPERATOR_IDENTITY, Site, open_site
from coalition.cli.tls_folder import (
    CA,
    SERVER,
    certificate_path,
    identities_of,
    issue_partner,
    issue_server,
    keep_ca,
    key_path,
    partner_name,
)
from coalition.client import Tls, load_identity, save_identity
from coalition.client.certificates import read_certificates, require_in_time, require_pair
from coalition.client.private_files import read_private

app = typer.Typer(no_args_is_help=True, help="Make a CA and certificates, and give them to identities.")
Days = Annotated[int, typer.Option(min=1, max=3_650, metavar="DAYS", help="How long certificates are valid.")]


@app.command()
def init(
    hosts: Annotated[
        list[str],
        typer.Argument(
            metavar="HOST...", help="Names or IP addresses that partners call; localhost is added."
        ),
    ],
    days: Days = CERTIFICATE_DAYS,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make the network's CA, the server's certificate, and one for each partner whose identity was made here.

    Run it again to renew them: the CA stays, and a running server reads the new files by itself.

    [dim]coalition tls init clearing.example[/]
    """
    site = open_site(data)
    site.require()
    network = load_identity(site.identity_path(OPERATOR_IDENTITY)).network
    keep_ca(site, network)
    issue_server(site, [_host(host) for host in hosts], days=days)
    partners = sorted({identity.partner_id for _, identity in identities_of(site)})
    for partner in partners:
        _issue(site, partner, days)
    if as_json:
        emit({"folder": str(site.tls), "partners": partners})
        return
    say(f"made {certificate_path(site, SERVER)}, and certificates for {', '.join(partners)}")
    hint(
        f"coalition serve --listen 0.0.0.0:7600 --certificate {certificate_path(site, SERVER)} "
        f"--key {key_path(site, SERVER)} --client-ca {certificate_path(site, CA)}",
        flags=site.flags,
    )


@app.command()
def partner(
    partner: PartnerId, days: Days = CERTIFICATE_DAYS, data: Data = None, as_json: Json = False
) -> None:
    """Issue a certificate for a partner, by the CA made here; identities of the partner made here get it at once.

    Anyone else puts the files into an identity with [bold]coalition tls attach[/]. Hand the key over safely and keep no copy.

    [dim]coalition tls partner bakery[/]
    """
    site = open_site(data)
    site.require()
    paths = _issue(site, partner, days)
    name = partner_name(partner)
    files = [certificate_path(site, name), key_path(site, name)]
    if as_json:
        emit({"files": [str(file) for file in files], "identities": [str(path) for path in paths]})
        return
    say(f"made {files[0]} and {files[1]}")
    for path in paths:
        say(f"  {path} has them")
    if not paths:
        ca = certificate_path(site, CA)
        hint(f"coalition tls attach IDENTITY --ca {ca} --certificate {files[0]} --key {files[1]}")


@app.command()
def attach(
    identity: Annotated[Path, typer.Argument(metavar="IDENTITY", help="The identity file to change.")],
    ca: Annotated[Path, typer.Option(metavar="FILE", help="The CA whose servers are believed, PEM.")],
    certificate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The partner's certificate chain, PEM.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its private key, unencrypted PEM, mode 0600.")
    ] = None,
) -> None:
    """Have an identity speak TLS: it keeps copies of the files' contents.

    [dim]coalition tls attach bakery.json --ca ca.pem --certificate bakery.pem --key bakery.key[/]
    """
    if (certificate is None) != (key is None):
        raise typer.BadParameter(
            "name the certificate and its key together", param_hint="--certificate / --key"
        )
    tls = Tls(_certificates(ca))
    if certificate is not None and key is not None:
        chain, key_pem = _certificates(certificate), read_private(key)
        first = read_certificates(chain, str(certificate))[0]
        require_pair(first, key_pem, certificate_name=str(certificate), key_name=str(key))
        tls = replace(tls, certificate=chain, key=key_pem)
    save_identity(replace(load_identity(identity), tls=tls), identity)
    say(f"{identity} speaks TLS now")


def _issue(site: Site, partner: str, days: int) -> list[Path]:
    """Issues a partner's certificate and puts it into the identities made here; returns their paths."""
    network = load_identity(site.identity_path(OPERATOR_IDENTITY)).network
    tls = issue_partner(site, network, partner, days=days)
    changed = []
    for path, identity in identities_of(site, partner):
        save_identity(replace(identity, tls=tls), path)
        changed.append(path)
    return changed


def _certificates(path: Path) -> bytes:
    """The certificates of a file and nothing else of it."""
    certificates = read_certificates(path.read_bytes(), str(path))
    require_in_time(certificates, str(path))
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def _host(text: str) -> str:
    """A host name or IP address; wrong usage for anything else, as a scheme or port in front of or behind it."""
    if not text or not text.isascii() or any(letter in "/ @[]" or letter.isspace() for letter in text):
        raise typer.BadParameter(
            f"{text!r} is no host: name it as clearing.example or 192.0.2.1", param_hint="HOST"
        )
    return text
