"""One PostgreSQL per test run, shared by all workers; every test that asks gets a database of its own.

It is an embedded one, or the server that COALITION_TEST_DATABASE_URL names with a superuser's login (see `.ci/run`). The embedded
one does not wait for disks: it is thrown away with the run, and is kept in memory where there is room. Tests that end a server
abruptly start their own.
"""

import itertools
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import psycopg
from filelock import FileLock
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from settlement import embedded
from settlement.database import OWNER, ROLES, create_roles, migrate, set_password
from settlement.embedded.passwords import password_for

FOLDER_VARIABLE = "COALITION_TEST_POSTGRES"
SERVER_VARIABLE = "COALITION_TEST_DATABASE_URL"
MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 << 30
"""Far more than the databases of all workers take at any moment."""
_numbers = itertools.count(1)


def announce() -> None:
    """Called once by the process that runs the tests: decides where the server will be, and starts nothing yet."""
    os.environ.setdefault(FOLDER_VARIABLE, tempfile.mkdtemp(prefix="coalition-test-", dir=memory_with_room()))


def clean_up() -> None:
    """Called once at the end: drops the template, stops the embedded server if some test started it, removes the run's folder."""
    folder = Path(os.environ[FOLDER_VARIABLE])
    if _template_made().exists() and SERVER_VARIABLE in os.environ:
        drop_database(_superuser_dsn(_template()))
    del os.environ[FOLDER_VARIABLE]
    if any(folder.iterdir()):
        embedded.stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


def new_database() -> str:
    """A fresh empty database; returns its superuser connection string."""
    return _superuser_dsn(_created(f"t{os.getpid()}_{next(_numbers)}"))


def new_books() -> str:
    """A fresh database with the schema, copied from one that was migrated once per run; returns the superuser's DSN."""
    made = _template_made()
    with FileLock(made.with_suffix(".lock")):
        if not made.exists():
            dsn = _superuser_dsn(_created(_template()))
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute(sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(sql.Identifier(OWNER)))
            migrate(dsn)
            made.touch()
    return _superuser_dsn(_created(f"t{os.getpid()}_{next(_numbers)}", template=_template()))


def copy_books(dsn: str) -> str:
    """A database with the same books, to be spoilt; nobody may be connected to the first one."""
    books = str(conninfo_to_dict(dsn)["dbname"])
    return make_conninfo(dsn, dbname=_created(f"{books}_{next(_numbers)}", template=books))


def drop_database(dsn: str) -> None:
    """Removes a database made by `new_database`, with whoever is still connected."""
    name = str(conninfo_to_dict(dsn)["dbname"])
    with psycopg.connect(_superuser_dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def role_passwords() -> Path:
    """The password file of the engine's roles, which belong to the whole server; there once `new_database` was called."""
    return Path(os.environ[FOLDER_VARIABLE]) / "role-passwords"


def memory_with_room() -> Path | None:
    """A folder in memory, as a disk's file system may take longer to find room for a database's files than all the rest takes."""
    try:
        return MEMORY if shutil.disk_usage(MEMORY).free >= ROOM_BYTES else None
    except OSError:  # Not on this system.
        return None


def _template() -> str:
    return f"books_{Path(os.environ[FOLDER_VARIABLE]).name}"


def _template_made() -> Path:
    """There once the template is whole."""
    return Path(os.environ[FOLDER_VARIABLE]) / "template-made"


def _created(name: str, *, template: str = "template1") -> str:
    # Copying files takes a sixth of the time that copying through the log does, where nobody waits for disks.
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    with psycopg.connect(_superuser_dsn(), autocommit=True) as connection:
        _make_roles(connection)
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    return name


def _superuser_dsn(dbname: str = "postgres") -> str:
    own = os.environ.get(SERVER_VARIABLE)
    return make_conninfo(_embedded_dsn() if own is None else own, dbname=dbname)


@cache
def _embedded_dsn() -> str:
    dsn = embedded.start(Path(os.environ[FOLDER_VARIABLE])).superuser_dsn()
    with psycopg.connect(dsn, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")
    return dsn


def _make_roles(connection: psycopg.Connection) -> None:
    """Once per run: two workers would both make them."""
    passwords = role_passwords()
    with FileLock(passwords.with_suffix(".lock")):
        if not passwords.exists():
            create_roles(connection)
            for role in ROLES:
                set_password(connection, role, password_for(role, file=passwords))
