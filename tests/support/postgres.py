"""One embedded PostgreSQL per test run, shared by all workers; every test that asks gets a database of its own."""

import itertools
import os
import shutil
import tempfile
from pathlib import Path

import psycopg
from filelock import FileLock
from psycopg import sql

from settlement import embedded
from settlement.database import ROLES, create_roles

FOLDER_VARIABLE = "COALITION_TEST_POSTGRES"
_numbers = itertools.count(1)


def announce() -> None:
    """Called once by the process that runs the tests: decides where the server will be, and starts nothing yet."""
    os.environ.setdefault(FOLDER_VARIABLE, tempfile.mkdtemp(prefix="coalition-test-"))


def clean_up() -> None:
    """Called once at the end: stops the server if some test started it, and removes its folder."""
    folder = Path(os.environ.pop(FOLDER_VARIABLE))
    if any(folder.iterdir()):
        embedded.stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


def new_database() -> str:
    """A fresh empty database; returns its superuser connection string."""
    folder = Path(os.environ[FOLDER_VARIABLE])
    server = embedded.start(folder)
    name = f"t{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server.superuser_dsn(), autocommit=True) as connection:
        with FileLock(
            folder / "roles.lock"
        ):  # roles belong to the whole server, and two workers would both make them
            create_roles(connection)
            for role in ROLES:
                connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return server.superuser_dsn(name)


def drop_database(dsn: str) -> None:
    """Removes a database made by `new_database`, with whoever is still connected."""
    server = embedded.start(Path(os.environ[FOLDER_VARIABLE]))
    name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    with psycopg.connect(server.superuser_dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(str(name))))
