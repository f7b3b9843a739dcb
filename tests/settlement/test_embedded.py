"""An embedded server is one per folder, private, and never believed alive because of a file it left."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from settlement import embedded
from settlement.embedded import EmbeddedServerError, address
from settlement.embedded.account import account_for
from settlement.embedded.cluster import Cluster
from settlement.embedded.processes import processes_of

pytestmark = pytest.mark.embedded

_START_AND_TELL = """
import sys
from pathlib import Path
from settlement import embedded
embedded.start(Path(sys.argv[1]))
print(embedded.status(Path(sys.argv[1])).pid)
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder for all tests, which start its server themselves: making a cluster takes seconds.

    As root it is the hard case: pytest's folders have mode 0700, so the server's account cannot reach it by its path.
    """
    folder = tmp_path_factory.mktemp("embedded") / "data"
    yield folder
    embedded.stop(folder)


def _pid(data: Path) -> int:
    found = embedded.status(data)
    assert found.running
    assert found.pid is not None
    return found.pid


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _show(server: embedded.EmbeddedServer, setting: str) -> str:
    with psycopg.connect(server.superuser_dsn()) as connection:
        row = connection.execute("SELECT current_setting(%s)", [setting]).fetchone()
    assert row is not None
    return str(row[0])


def test_a_second_start_finds_the_same_server(data: Path) -> None:
    first = embedded.start(data)
    pid = _pid(data)
    assert embedded.start(data) == first
    assert _pid(data) == pid


def test_the_server_is_postgresql_18_durable_and_without_a_network_address(data: Path) -> None:
    server = embedded.start(data)
    expected = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "listen_addresses": "",
        "password_encryption": "scram-sha-256",
        "scram_iterations": "1",
        "shared_buffers": "128MB",
        "max_connections": "50",
        "log_statement": "none",
    }
    with psycopg.connect(server.superuser_dsn()) as connection:
        row = connection.execute("SELECT datcollate FROM pg_database WHERE datname = 'postgres'").fetchone()
        assert connection.info.server_version // 10_000 == 18
    assert row == ("C",)
    assert {setting: _show(server, setting) for setting in expected} == expected


def test_nobody_else_can_reach_the_socket_or_read_the_passwords(data: Path) -> None:
    embedded.start(data)
    cluster = Cluster(data)
    assert (cluster.folder / ".s.PGSQL.5432").is_socket()
    assert _mode(cluster.folder) == 0o700
    assert _mode(cluster.passwords) == 0o600
    assert cluster.passwords.stat().st_uid == os.geteuid()


def test_start_changes_no_folder_above_the_cluster(tmp_path: Path) -> None:
    before = (_mode(tmp_path), tmp_path.stat().st_uid)
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o750)
    try:
        embedded.start(folder)
        assert (_mode(tmp_path), tmp_path.stat().st_uid) == before
        assert (_mode(folder), folder.stat().st_uid) == (0o750, os.geteuid())
    finally:
        embedded.stop(folder)


def test_a_wrong_password_is_refused_and_none_too(data: Path, tmp_path: Path) -> None:
    server = embedded.start(data)
    for wrong in ("password=wrong", f"passfile={tmp_path / 'none'}"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(make_conninfo(server.superuser_dsn(), **conninfo_to_dict(wrong)))


def test_a_role_gets_one_password_and_its_dsn_works_without_holding_it(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = embedded.start(data)
    role = "finance:desk"  # A colon separates the fields of a password file.
    password = server.add_password(role)
    assert server.add_password(role) == password
    assert server.add_password("auditor") != password
    assert len(password) >= 43
    with psycopg.connect(server.superuser_dsn(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE \"{role}\" LOGIN PASSWORD '{password}'")
    monkeypatch.setenv("PGPASSWORD", "another server's")
    monkeypatch.setenv("PGHOSTADDR", "192.0.2.1")
    dsn = server.dsn(role, "postgres")
    assert password not in dsn
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (role,)
    logs = [data / "postgres.log", *(data / "postgres" / "log").glob("*.log")]
    assert not any(password in log.read_text() for log in logs)


def test_what_was_committed_is_there_after_the_postmaster_was_killed(data: Path) -> None:
    server = embedded.start(data)
    with psycopg.connect(server.superuser_dsn()) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number bigint PRIMARY KEY)")
        connection.execute("INSERT INTO kept VALUES (1)")
    killed = _pid(data)
    # Its children live on for a moment and hold its shared memory: start must cope with that.
    os.kill(killed, signal.SIGKILL)
    server = embedded.start(data)
    assert _pid(data) != killed
    with psycopg.connect(server.superuser_dsn()) as connection:
        assert connection.execute("DELETE FROM kept RETURNING number").fetchall() == [(1,)]


def test_a_pid_file_that_names_a_living_stranger_is_not_believed(data: Path) -> None:
    embedded.start(data)
    folder = data / "postgres"
    left_behind = (folder / "postmaster.pid").read_text().split("\n")
    assert embedded.stop(data)
    # The stranger runs as the server's own account: PostgreSQL by itself would refuse to start.
    account = account_for(folder)
    with subprocess.Popen(["sleep", "600"], user=account.uid, group=account.gid) as stranger:
        try:
            (folder / "postmaster.pid").write_text("\n".join([str(stranger.pid), *left_behind[1:]]))
            assert embedded.status(data) == embedded.ServerStatus(running=False, pid=None)
            assert embedded.stop(data) is False
            embedded.start(data)
            assert _pid(data) != stranger.pid
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_processes_that_start_at_once_share_one_server_that_outlives_them(tmp_path: Path) -> None:
    folder = tmp_path / "raced"
    command = [sys.executable, "-c", _START_AND_TELL, str(folder)]
    try:
        starters = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        told = {starter.communicate()[0].strip() for starter in starters}
        assert [starter.returncode for starter in starters] == [0, 0, 0]
        assert told == {str(_pid(folder))}
    finally:
        embedded.stop(folder)


def test_the_server_is_in_a_session_of_its_own(data: Path) -> None:
    """Ctrl-C signals the processes of the terminal's session: the server is in another one."""
    embedded.start(data)
    assert os.getsid(_pid(data)) != os.getsid(0)


def test_stop_ends_every_process_and_says_whether_there_was_a_server(data: Path, tmp_path: Path) -> None:
    server = embedded.start(data)
    name = Cluster(data).name
    assert _pid(data) in processes_of(name)
    assert embedded.stop(data) is True
    assert not embedded.status(data).running
    assert processes_of(name) == set()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.superuser_dsn())
    assert embedded.stop(data) is False
    assert embedded.stop(tmp_path / "nothing") is False
    assert not (tmp_path / "nothing").exists()


def test_a_path_too_long_for_a_socket_is_reached_through_a_private_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    folder = tmp_path / ("long, " * 30) / "$data"
    server = embedded.start(folder)
    link = address.socket_folder(folder / "postgres")
    try:
        assert link != folder / "postgres"
        assert _mode(link.parent) == 0o700
        assert _show(server, "port") == "5432"
        shutil.rmtree(link.parent)  # As cleaners of temporary folders do.
        assert _show(embedded.start(folder), "port") == "5432"
        link.parent.chmod(0o755)
        with pytest.raises(EmbeddedServerError, match="private"):
            server.superuser_dsn()
        link.parent.chmod(0o700)
    finally:
        embedded.stop(folder)
        shutil.rmtree(link.parent)


def test_a_private_folder_that_is_a_link_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    cluster = tmp_path / ("long" * 30)
    private = address.socket_folder(cluster).parent
    shutil.rmtree(private)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    private.symlink_to(elsewhere)
    try:
        with pytest.raises(EmbeddedServerError, match="private"):
            address.socket_folder(cluster)
    finally:
        private.unlink()


def test_a_cluster_of_another_major_version_is_named_as_such(data: Path) -> None:
    embedded.start(data)
    embedded.stop(data)
    version = data / "postgres" / "PG_VERSION"
    version.write_text("17\n")
    try:
        with pytest.raises(EmbeddedServerError, match=r"made by PostgreSQL 17 .* are 18") as caught:
            embedded.start(data)
    finally:
        version.write_text("18\n")
    assert caught.value.reason == "EMBEDDED_SERVER_FAILED"


def test_a_server_that_will_not_start_says_why(data: Path) -> None:
    embedded.start(data)
    embedded.stop(data)
    settings = data / "postgres" / "postgresql.auto.conf"
    good = settings.read_text()
    settings.write_text(f"{good}\nmax_connections = many\n")
    try:
        with pytest.raises(EmbeddedServerError, match='invalid value for parameter "max_connections"'):
            embedded.start(data)
    finally:
        settings.write_text(good)


def test_an_interrupted_initdb_is_begun_again(data: Path, tmp_path: Path) -> None:
    """The cluster is renamed into place when initdb has finished: what an earlier attempt left does not count."""
    left_behind = tmp_path / "postgres.new"
    left_behind.mkdir()
    (left_behind / "PG_VERSION").write_text("18\n")
    try:
        assert not Cluster(tmp_path).exists
        assert _show(embedded.start(tmp_path), "fsync") == "on"
        assert not left_behind.exists()
    finally:
        embedded.stop(tmp_path)


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedServerError, match="choose another --data"):
        embedded.start(tmp_path / "file")
