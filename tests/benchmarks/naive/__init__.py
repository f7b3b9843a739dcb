"""What a competent team writes first, kept as the yardstick for our server.

A synchronous gRPC server with a thread pool; each request checks one Ed25519 signature and runs one SQLAlchemy Core
transaction: the request id into an idempotency table, the member's row locked, then the partner's (the hot row
last, so that it is held shortest), one transfer row, two balances, commit. The answer is a signed receipt.

It has what a good first version has: a connection pool as large as the thread pool, keys kept in memory,
statements compiled once and prepared by the driver, and the same answer for the same request sent again.
It has no lots, no clearing and no tamper-evident log.
"""

# Threads and connections: on two cores 8 to 24 answer about as fast, fewer and more are slower.
WORKERS = 12
