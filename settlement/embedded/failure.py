"""What goes wrong with an embedded server, in words that name the cure."""

from settlement.errors import UnavailableError


class EmbeddedServerError(UnavailableError):
    """The embedded server cannot be made, started or stopped; the message says why and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__("EMBEDDED_SERVER_FAILED", message)
