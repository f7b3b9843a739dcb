"""Root's virtual environment may be in a folder that the server's account cannot enter: the server still starts."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from settlement.embedded import EmbeddedServerError, binaries
from settlement.embedded.account import Account, account_for

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another account"),
]


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    package = binaries.installed().parent.parent
    target = tmp_path / package.name / "pginstall18"
    shutil.copytree(package / "pginstall18", target, ignore=shutil.ignore_patterns("include", "*.a"))
    return target / "bin"


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return account_for(tmp_path / "none")


def test_a_copy_that_only_root_can_write_to_is_used(closed: Path, account: Account) -> None:
    cache = Path("/var/cache") / f"coalition-test-{os.getpid()}"
    try:
        usable = binaries.usable_by(account, folder=closed, cache=cache)
        assert usable.is_relative_to(cache)
        assert binaries.usable_by(account, folder=closed, cache=cache) == usable
        assert [path for path in cache.rglob("*") if path.lstat().st_uid != 0] == []
        assert [path for path in cache.rglob("*") if not path.is_symlink() and _mode(path) & 0o022] == []
    finally:
        shutil.rmtree(cache, ignore_errors=True)


def test_without_a_copy_the_error_names_the_folder(closed: Path, account: Account, tmp_path: Path) -> None:
    open_to_all = tmp_path / "cache"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    with pytest.raises(EmbeddedServerError, match="not reachable") as caught:
        binaries.usable_by(account, folder=closed, cache=open_to_all)
    assert str(closed) in caught.value.message
