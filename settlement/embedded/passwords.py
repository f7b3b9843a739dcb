"""The roles' passwords, in a file of mode 0600 that libpq reads itself (PostgreSQL manual, "The Password File")."""

import os
import secrets
from pathlib import Path


def password_for(role: str, *, file: Path) -> str:
    """The role's password; a new one of 256 bits is generated and stored when there is none.

    The caller holds the folder's lock. Raises OSError when the file is not ours to read or write.
    """
    lines = _lines(file)
    for line in lines:
        if line.startswith(_prefix(role)):
            return line[len(_prefix(role)) :]
    password = secrets.token_urlsafe(32)
    _replace(file, [*lines, f"{_prefix(role)}{password}"])
    return password


def has_password(role: str, *, file: Path) -> bool:
    """Whether the file holds a password of the role."""
    return any(line.startswith(_prefix(role)) for line in _lines(file))


def _prefix(role: str) -> str:
    # host:port:database are wildcards: the file is named by our own DSNs only.
    return "*:*:*:{}:".format(role.replace("\\", "\\\\").replace(":", "\\:"))


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def _replace(file: Path, lines: list[str]) -> None:
    """Write the whole file anew and put it in place at once: a reader sees the old or the new one."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in lines)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
