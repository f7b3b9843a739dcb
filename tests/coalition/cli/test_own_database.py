"""A server of one's own: `db init` alone needs a login that makes roles; everything later comes with the roles' own passwords."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from settlement import embedded
from settlement.database import GATEWAY, OWNER, WORKER, connect, set_password
from tests.support.command import Ran, run

pytestmark = pytest.mark.embedded

ADMIN, PASSWORD, DATABASE = "admin", "of the administrator", "own"
INIT = ("db", "init", "--name", "clearing.example/own")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server without the engine's roles; its database belongs to a login that may make roles, and is no superuser."""
    folder = tmp_path_factory.mktemp("own")
    server = embedded.start(folder)
    with psycopg.connect(server.superuser_dsn(), autocommit=True) as superuser:
        superuser.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE").format(sql.Identifier(ADMIN)))
        set_password(superuser, ADMIN, PASSWORD)
        superuser.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(ADMIN))
        )
    yield make_conninfo(server.superuser_dsn(DATABASE), user="", passfile="")
    embedded.stop(folder)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, address: str) -> Path:
    """The data folder of a network founded there."""
    folder = tmp_path_factory.mktemp("network")
    done = asked(folder, make_conninfo(address, user=ADMIN, password=PASSWORD), *INIT)
    assert done.code == 0, done.err
    return folder


def asked(data: Path, url: str, *words: str) -> Ran:
    """A command on the network."""
    return run(*words, data=data, env={"COALITION_DATABASE_URL": url})


def test_after_the_founding_the_url_needs_no_login(data: Path, address: str) -> None:
    assert asked(data, address, "fsck").code == 0
    assert (data / "passwords").stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in (data / "passwords").read_text()


def test_a_login_in_the_url_is_not_used_after_the_founding(data: Path, address: str) -> None:
    assert asked(data, make_conninfo(address, user="nobody", password="wrong"), "db", "migrate").code == 0


def test_a_folder_that_lacks_a_roles_line_cannot_be_that_role(
    data: Path, address: str, tmp_path: Path
) -> None:
    """So a host that only serves holds the lines of gateway and worker, and cannot change the schema."""
    lines = (data / "passwords").read_text().splitlines(keepends=True)
    served = tmp_path / "passwords"
    served.write_text("".join(line for line in lines if GATEWAY in line or WORKER in line))
    served.chmod(0o600)
    assert len(served.read_text().splitlines()) == 2
    url = make_conninfo(address, passfile=str(served))
    for role in (GATEWAY, WORKER):
        connect(make_conninfo(url, user=role), role).close()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(make_conninfo(url, user=OWNER))


def test_roles_that_are_there_are_taken_over_only_with_their_passwords(
    data: Path, address: str, tmp_path: Path
) -> None:
    told = asked(tmp_path, make_conninfo(address, user=ADMIN, password=PASSWORD), *INIT)
    assert told.code == 1
    assert f"role {OWNER} is at this server already" in told.err
    assert not (tmp_path / "passwords").exists()
    assert asked(data, address, "fsck").code == 0
