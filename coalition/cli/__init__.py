"""The `coalition` command, and the composition root: here rooms meet settings, keys and databases."""

import os

# The command forks only to run PostgreSQL's programs; gRPC's own handlers can break such a child before it runs.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
# What gRPC's core prints on standard error is neither JSON nor for people.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
