"""What tests stand on: a real PostgreSQL, a real network, real partners."""

# Before anything imports gRPC: it sets what the command sets for its own process.
import coalition.cli  # noqa: F401
