"""Whose processes the server's are: ours, or an unprivileged account's when we are root, whom PostgreSQL refuses."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from settlement.embedded.failure import EmbeddedServerError

# Nothing of the caller's environment: PGDATA, PGOPTIONS and the like would change what is started.
# C messages, because a failed start is told apart by what the log says.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Account:
    """The system account that owns a cluster and runs its server; no ids mean our own."""

    uid: int | None = None
    gid: int | None = None

    def own(self, target: Path | int) -> None:
        """Give a folder that we made, or an open file, to the account. Never called for a folder above the cluster."""
        if self.uid is not None and self.gid is not None:
            os.chown(target, self.uid, self.gid)

    def run(
        self,
        command: Sequence[str | Path],
        *,
        folder: Path,
        stdin: int | None = None,
        output: int = subprocess.PIPE,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as the account, in `folder`, away from the terminal so that Ctrl-C does not reach it.

        `folder` is entered before the account is taken on, so it need not be reachable by the account.
        Raises OSError when the program cannot be executed.
        """
        return subprocess.run(
            command,
            cwd=folder,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            start_new_session=True,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
        )


def account_for(cluster: Path) -> Account:
    """The account for this cluster folder: the owner if it exists, else `postgres` or `nobody` when we are root.

    Raises EmbeddedServerError when root has nobody to run the server as.
    """
    if os.geteuid() != 0:
        return Account()
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerError(
        "PostgreSQL does not run as root, and this system has neither a user 'postgres' nor 'nobody' to run it as: "
        "add one, or run this command as an ordinary user"
    )
