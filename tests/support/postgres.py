"""One PostgreSQL per test run, shared by all workers; every test that asks gets a database of its own.

It is an embedded one, or the server that COALITION_TEST_DATABASE_URL names with a superuser's login (see `.ci/run`).
"""

import itertools
import os
import shutil
import tempfile
from pathlib import Path

import psycopg
from filelock import FileLock
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from settlement import embedded
from settlement.database import ROLES, create_roles, set_password
from settlement.embedded.passwords import password_for

FOLDER_VARIABLE = "COALITION_TEST_POSTGRES"
SERVER_VARIABLE = "COALITION_TEST_DATABASE_URL"
_numbers = itertools.count(1)


def announce() -> None:
    """Called once by the process that runs the tests: decides where the server will be, and starts nothing yet."""
    os.environ.setdefault(FOLDER_VARIABLE, tempfile.mkdtemp(prefix="coalition-test-"))


def clean_up() -> None:
    """Called once at the end: stops the embedded server if some test started it, and removes the run's folder."""
    folder = Path(os.environ.pop(FOLDER_VARIABLE))
    if any(folder.iterdir()):
        embedded.stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


def new_database() -> str:
    """A fresh empty database; returns its superuser connection string."""
    name = f"t{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(_superuser_dsn(), autocommit=True) as connection:
        _make_roles(connection)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return _superuser_dsn(name)


def drop_database(dsn: str) -> None:
    """Removes a database made by `new_database`, with whoever is still connected."""
    name = str(conninfo_to_dict(dsn)["dbname"])
    with psycopg.connect(_superuser_dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def role_passwords() -> Path:
    """The password file of the engine's roles, which belong to the whole server; there once `new_database` was called."""
    return Path(os.environ[FOLDER_VARIABLE]) / "role-passwords"


def _superuser_dsn(dbname: str = "postgres") -> str:
    own = os.environ.get(SERVER_VARIABLE)
    if own is not None:
        return make_conninfo(own, dbname=dbname)
    return embedded.start(Path(os.environ[FOLDER_VARIABLE])).superuser_dsn(dbname)


def _make_roles(connection: psycopg.Connection) -> None:
    """Once per run: two workers would both make them."""
    passwords = role_passwords()
    with FileLock(passwords.with_suffix(".lock")):
        if not passwords.exists():
            create_roles(connection)
            for role in ROLES:
                set_password(connection, role, password_for(role, file=passwords))
