"""The folder by which clients name the server's socket.

The socket is in the cluster folder. Its path must fit into `sockaddr_un` (108 bytes on Linux, 104 on macOS and BSD) and
libpq takes a comma for the end of a host. Where the path does not do, clients go through a symbolic link in a private
folder of mode 0700. The server knows nothing of the link, so one that was cleaned away is simply made again.
"""

import hashlib
import os
import secrets
import stat
import tempfile
from pathlib import Path

from settlement.embedded.failure import EmbeddedServerError

PORT = 5432
_LONGEST_PATH_BYTES = 103
_SOCKET = f"/.s.PGSQL.{PORT}"


def socket_folder(cluster: Path) -> Path:
    """The cluster folder itself, or a short link to it. Raises EmbeddedServerError if no safe link can be made."""
    if _fits(cluster):
        return cluster
    name = f"coalition-{os.geteuid()}-{hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]}"
    for parent in _parents():
        link = parent / name / "server"
        if _fits(link):
            _make_private(link.parent)
            _point(link, cluster)
            return link
    raise EmbeddedServerError(
        f"the path {cluster} is too long for a socket: choose a shorter --data, or set TMPDIR"
    )


def _fits(folder: Path) -> bool:
    return "," not in str(folder) and len(os.fsencode(f"{folder}{_SOCKET}")) <= _LONGEST_PATH_BYTES


def _parents() -> list[Path]:
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nonexistent")
    ours = runtime.is_absolute() and runtime.is_dir() and runtime.stat().st_uid == os.geteuid()
    return [*([runtime] if ours else []), Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - checked when made


def _make_private(folder: Path) -> None:
    """Make a folder of mode 0700, or see that the one there is ours: others may write to the folder above it."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise EmbeddedServerError(
                f"{folder} is not a private folder of ours (somebody else made it, or its mode is not 0700): "
                "remove it, or choose a shorter --data"
            ) from None


def _point(link: Path, cluster: Path) -> None:
    if link.is_symlink() and link.readlink() == cluster:
        return
    fresh = link.with_name(secrets.token_hex(8))
    fresh.symlink_to(cluster)
    fresh.replace(link)
