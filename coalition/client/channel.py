"""The connection to a network's server."""

import grpc

_OPTIONS: tuple[tuple[str, int], ...] = (
    # Not more often than a server tolerates without asking the client to calm down.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    # gRPC's default waits up to two minutes for a server that restarts in seconds.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # The client sends again by itself, the same bytes, inside its own deadline.
    ("grpc.enable_retries", 0),
    # Statements and pages of entries can be longer than the 4 MiB of the default.
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
)


def open_channel(server: str, *, credentials: grpc.ChannelCredentials | None = None) -> grpc.aio.Channel:
    """A channel to "host:port" or "unix:/path", to be closed by the caller; several clients of one event loop may share it.

    Without credentials (`Identity.tls.credentials()`) there is no TLS: for a server on the same machine.
    """
    if credentials is None:
        return grpc.aio.insecure_channel(server, options=_OPTIONS)
    return grpc.aio.secure_channel(server, credentials, options=_OPTIONS)
