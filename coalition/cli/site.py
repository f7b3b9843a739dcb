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

import shlex
from dataclasses import dataclass
from pathlib import Path

from coalition.client.private_files import read_private
from coalition.settings import Settings, default_data_folder
from settlement.errors import CoalitionError
from settlement.signing import KeySigner, load_key

DATABASE = "coalition"
OPERATOR_IDENTITY = "operator"
"""The file name of the operator's identity, whatever the operator is called."""


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
        # Here, as most commands only ask a server, and a sixth of their start would be spent on loading what speaks to databases.
        from psycopg.conninfo import make_conninfo

        from settlement import embedded

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
        _check_url(url)
    return Site(_default_data() if data is None else data.absolute(), url)


def _check_url(url: str) -> None:
    import psycopg  # here for the reason given at `Site.dsn`
    from psycopg.conninfo import conninfo_to_dict

    try:
        conninfo_to_dict(url)
    except psycopg.Error:
        message = "COALITION_DATABASE_URL is not of the form postgresql://user@host:5432/database"
        raise CoalitionError("DATABASE_URL_INVALID", message) from None


def _default_data() -> Path:
    return (Settings().data or default_data_folder()).absolute()
