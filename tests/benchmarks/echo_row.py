"""The `echo` row: 300 bytes, a little less than a signed request, there and back."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence

from tests.benchmarks.acts import Act
from tests.benchmarks.echo import METHOD, SERVICE
from tests.benchmarks.load import Call
from tests.benchmarks.process import ServerProcess
from tests.benchmarks.row import Site

PAYLOAD_BYTES = 300


class EchoRow:
    """A bare gRPC unary echo on an asyncio server."""

    name = "echo"

    def start(self, site: Site) -> ServerProcess:
        """Start it."""
        return ServerProcess([sys.executable, "-m", "tests.benchmarks.echo"], log=site.folder / "echo.log")

    def sign(self, acts: Sequence[Act]) -> list[Call]:
        """Return one call of random bytes for each act."""
        return [Call(f"/{SERVICE}/{METHOD}", random.randbytes(PAYLOAD_BYTES)) for _ in acts]

    def verify(self, calls: Sequence[Call], replies: Sequence[bytes]) -> None:
        """Raise unless every call came back as it left."""
        if any(call.request != reply for call, reply in zip(calls, replies, strict=False)):
            raise ValueError("the echo differs")

    def findings(self) -> list[str]:
        """Nothing: an echo keeps no books."""
        return []
