"""The network: who speaks, for whom, and how a signed request reaches the ledger.

Rooms, from the door inward: `gateway` admits, `exchange` routes and batches, `wire` translates; `client` is the partner's side;
`audit` proves the books offline; `cli` is the `coalition` command. What is owed and recorded lives in `settlement`.
"""
