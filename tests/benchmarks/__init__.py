"""How fast the engine is, next to two fair neighbours: `python -m tests.benchmarks --out build/bench.json`.

Rows: `echo` is a bare gRPC unary echo (the ceiling of one call per act), `naive` is what a team writes first,
`unary` is our server.

What makes the ratios fair: one client process drives every row with the same code and the same seeded acts;
requests are built and signed before the clock and receipts are verified after it; every row that stores
anything stores it in the same PostgreSQL with default durability; rows take turns in rounds, and each row reports
its median round, because machines are noisy.
"""
