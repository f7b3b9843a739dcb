"""A stand-in for PostgreSQL, in memory, for the engine's own statements and no others.

`tables` holds what is committed; `session` is one connection's side of the server: transactions, row locks, unique keys that
two transactions want at once, latency and everything that can go wrong; `statements` says what each statement of the engine
does. What the engine sees is READ COMMITTED as in PostgreSQL: a batch reads first, and writes all at its end.
"""
