"""A site: one data folder and the database that belongs to it.

postgres/ ...        the embedded server, unless COALITION_DATABASE_URL names another
keys/                receipt.pem and log.pem of the operator's processes, alias.key of the network (mode 0600), and
                     log.vkey, the log's public key for auditors
identities/          one file per key holder made here: operator.json, people, partners (mode 0600)
outbox/              what each of them asked for, and the receipts
log/                 tiles, guard file
door/                counts of calls that failed
tls/                 the CA and the certificates made here
passwords            those of the database roles (mode 0600)
"""

import secrets
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from coalition.client import Identity, load_identity, save_identity
from coalition.client.private_files import read_private, replace_private
from coalition.settings import Settings
from settlement import embedded
from settlement.database import OWNER, ROLES, DatabaseError, connect, create_roles, migrate, set_password
from settlement.embedded.passwords import has_password, password_for
from settlement.errors import CoalitionError
from settlement.house.records import APPROVER, LOG, RECEIPT, REQUEST, Key, Network
from settlement.house.tariff import Tariff
from settlement.ledger.founding import found
from settlement.ledger.memory import load_house
from settlement.signing import ED25519, KeySigner, load_key, new_key
from settlement.transparency.checkpoint import vkey

DATABASE = "coalition"
OPERATOR_IDENTITY = "operator"
"""The file name of the operator's identity, whatever the operator is called."""
_RAW_KEY_BYTES = 32


@dataclass(frozen=True)
class Site:
    """Where one network lives on this machine."""

    data: Path
    database_url: str | None = None

    @property
    def log(self) -> Path:
        """Tiles and guard file."""
        return self.data / "log"

    @property
    def passwords(self) -> Path:
        """The database roles' passwords, in a file that libpq reads itself."""
        return self.data / "passwords"

    @property
    def door(self) -> Path:
        """The door log."""
        return self.data / "door"

    @property
    def tls(self) -> Path:
        """The CA and the certificates made here."""
        return self.data / "tls"

    @property
    def flags(self) -> str:
        """What a further command needs to find this site, to be put behind it: nothing where it is the default."""
        return "" if self.data == _default_data() else f" --data {shlex.quote(str(self.data))}"

    @property
    def exists(self) -> bool:
        """Whether `coalition db init` ever began here."""
        return (self.data / "keys").is_dir()

    def require(self) -> None:
        """CoalitionError SITE_NOT_FOUND if there is nothing here, so that only `db init` makes a database."""
        if not self.exists:
            message = f"there is no network in {self.data}; run `coalition db init{self.flags}` first"
            raise CoalitionError("SITE_NOT_FOUND", message)

    def identity_path(self, name: str) -> Path:
        """Where an identity made here lies."""
        return self.data / "identities" / f"{name}.json"

    def identity_names(self) -> list[str]:
        """The identities made here."""
        return sorted(path.stem for path in (self.data / "identities").glob("*.json"))

    def dsn(self, role: str) -> str:
        """Connection string for a role, without its password; starts the embedded server if it is not running.

        At a server of one's own only `db init` uses the login of the URL; every role comes by itself, with its own password.
        """
        if self.database_url is None:
            return embedded.start(self.data).dsn(role, DATABASE)
        # Empty `password` keeps that of the URL and PGPASSWORD out.
        return make_conninfo(self.database_url, user=role, password="", passfile=str(self.passwords))

    def signer(self, name: str) -> KeySigner:
        """A key of the operator's own processes: `receipt` or `log`. SITE_NOT_FOUND, FILE_NOT_PRIVATE, OSError."""
        path = self.data / "keys" / f"{name}.pem"
        if not path.exists():
            message = f"{path} is missing; run `coalition db init{self.flags}` first"
            raise CoalitionError("SITE_NOT_FOUND", message)
        return load_key(read_private(path).decode(errors="replace"))

    def alias_key(self) -> bytes:
        """The network's alias key, which every partner gets at onboarding. CoalitionError ALIAS_KEY_INVALID, OSError."""
        path = self.data / "keys" / "alias.key"
        try:
            return bytes.fromhex(read_private(path).decode())
        except ValueError:
            raise CoalitionError("ALIAS_KEY_INVALID", f"{path} does not hold a key in hexadecimal") from None

    def log_vkey(self) -> str | None:
        """The log's public key, or None where the network was not founded in this folder."""
        path = self.data / "keys" / "log.vkey"
        return path.read_text().strip() if path.exists() else None


def open_site(data: Path | None) -> Site:
    """The site at `--data DIR`, else COALITION_DATA, else the user's data folder.

    CoalitionError DATABASE_URL_INVALID, which never quotes the URL: it may hold a password.
    """
    settings = Settings()
    url = settings.database_url.get_secret_value() if settings.database_url is not None else None
    if url is not None:
        try:
            conninfo_to_dict(url)
        except psycopg.Error:
            message = "COALITION_DATABASE_URL is not of the form postgresql://user@host:5432/database"
            raise CoalitionError("DATABASE_URL_INVALID", message) from None
    return Site(_default_data() if data is None else data.absolute(), url)


def _default_data() -> Path:
    return (Settings().data or embedded.default_data_folder()).absolute()


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
