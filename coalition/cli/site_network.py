"""What makes a site: its database with the roles, and the network that is founded in it, with fresh keys."""

import secrets
from collections.abc import Sequence

import psycopg
from psycopg import sql

from coalition.cli.site import DATABASE, OPERATOR_IDENTITY, Site
from coalition.client import Identity, load_identity, save_identity
from coalition.client.private_files import replace_private
from settlement import embedded
from settlement.database import OWNER, ROLES, DatabaseError, connect, create_roles, migrate, set_password
from settlement.embedded.passwords import has_password, password_for
from settlement.errors import CoalitionError
from settlement.house.records import APPROVER, LOG, RECEIPT, REQUEST, Key, Network
from settlement.house.tariff import Tariff
from settlement.ledger.founding import found
from settlement.ledger.memory import load_house
from settlement.signing import ED25519, KeySigner, new_key
from settlement.transparency.checkpoint import vkey

_RAW_KEY_BYTES = 32


def prepare_database(site: Site) -> None:
    """Makes roles and database if they are missing, and migrates. Idempotent. DatabaseError for roles without a password here."""
    if site.database_url is None:
        _prepare_embedded(site)
    else:
        _prepare_own(site, site.database_url)
    migrate(site.dsn(OWNER))


def _prepare_embedded(site: Site) -> None:
    server = embedded.start(site.data)
    with psycopg.connect(server.superuser_dsn(), autocommit=True) as connection:
        create_roles(connection)
        for role in ROLES:
            set_password(connection, role, server.add_password(role))
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone() is None:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
            )


def _prepare_own(site: Site, url: str) -> None:
    """Roles belong to the whole server: those that another network made are taken over only with their passwords."""
    site.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with psycopg.connect(url) as connection:
        made = create_roles(connection)
        for role in ROLES:
            if role in made:
                set_password(connection, role, password_for(role, file=site.passwords))
            elif not has_password(role, file=site.passwords):
                message = (
                    f"the role {role} is at this server already, and {site.passwords} has no line for it; copy the line "
                    f"from the data folder that made the role, or set a new password and write `*:*:*:{role}:PASSWORD`"
                )
                raise DatabaseError(message)
        connection.execute(sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(sql.Identifier(OWNER)))


def founded_network(site: Site) -> Network | None:
    """The network that the database holds; None if it has no tables, no roles or no founding entry yet."""
    try:
        with connect(site.dsn(OWNER), OWNER) as connection:
            return load_house(connection).network
    except (psycopg.errors.UndefinedTable, CoalitionError):
        # A database that is away fails in the next step, with its own reason.
        return None


def found_network(
    site: Site, network: Network, *, tariff: Tariff, people: Sequence[str], server: str
) -> None:
    """Founds the network with fresh keys: receipt, log, the operator's request key, one approver key per person.

    All files are complete before the database says that the network exists, so one that was killed half-way is repeated, with
    the keys it had made. Errors: NETWORK_EXISTS, and nothing is changed; DATA_FOLDER_USED if the folder has published another
    network's journal.
    """
    if founded_network(site) is not None:
        message = "this database holds a network already; it can only be founded once"
        raise CoalitionError("NETWORK_EXISTS", message)
    if (site.log / "guard").exists():
        message = f"{site.data} has published the journal of a network that this database does not hold"
        raise CoalitionError("DATA_FOLDER_USED", message)
    for folder in ("keys", "identities"):
        (site.data / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    receipt, log = _kept_key(site, "receipt"), _kept_key(site, "log")
    (site.data / "keys" / "log.vkey").write_text(vkey(network.origin, log.spki[-_RAW_KEY_BYTES:]) + "\n")
    alias_key = _kept_alias_key(site)
    operator = _kept_identity(site, OPERATOR_IDENTITY, network, server, receipt, alias_key)
    approvers = {person: _kept_identity(site, person, network, server, receipt, None) for person in people}
    keys = [
        _record(receipt, RECEIPT, network.operator),
        _record(log, LOG, network.operator),
        _record(operator, REQUEST, network.operator),
        *[_record(signer, APPROVER, network.operator, person) for person, signer in approvers.items()],
    ]
    with connect(site.dsn(OWNER), OWNER) as connection:
        found(connection, network, tariff=tariff, keys=keys)


def _kept_key(site: Site, name: str) -> KeySigner:
    path = site.data / "keys" / f"{name}.pem"
    if not path.exists():
        replace_private(path, new_key().to_pem().encode())
    return site.signer(name)


def _kept_alias_key(site: Site) -> bytes:
    path = site.data / "keys" / "alias.key"
    if not path.exists():
        replace_private(path, secrets.token_hex(32).encode())
    return site.alias_key()


def _kept_identity(
    site: Site, name: str, network: Network, server: str, receipt: KeySigner, alias_key: bytes | None
) -> KeySigner:
    path = site.identity_path(name)
    signer = load_identity(path).signer if path.exists() else new_key()
    save_identity(Identity(network.origin, server, network.operator, signer, receipt.spki, alias_key), path)
    return signer


def _record(signer: KeySigner, purpose: str, owner: str, person: str | None = None) -> Key:
    return Key(signer.keyid, ED25519, purpose, owner, person, signer.spki, 0)
