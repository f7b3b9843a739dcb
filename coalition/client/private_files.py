"""Files that only their owner may read: made so from their first moment, and refused when they are not."""

import os
from pathlib import Path

from coalition.client.errors import ClientError

PRIVATE = 0o600
_OTHERS = 0o077


def create_private(path: Path) -> int:
    """The descriptor of a new, empty file of mode 0600, open for writing; FileExistsError if there is one already."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE)
    # The umask may have taken more away.
    os.fchmod(descriptor, PRIVATE)
    return descriptor


def require_private(path: Path, mode: int) -> None:
    """ClientError FILE_NOT_PRIVATE if the mode lets the group or others in."""
    if mode & _OTHERS:
        message = f"others can read {path} (mode {mode & 0o777:04o}); run: chmod 600 {path}"
        raise ClientError("FILE_NOT_PRIVATE", message)


def read_private(path: Path) -> bytes:
    """The file's bytes. Errors: OSError, and FILE_NOT_PRIVATE, judged on the very file that is read."""
    with path.open("rb") as file:
        require_private(path, os.fstat(file.fileno()).st_mode)
        return file.read()


def replace_private(path: Path, data: bytes) -> None:
    """Writes a file of mode 0600 whole or not at all, over an older one if there is one. Errors: OSError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(create_private(draft), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
