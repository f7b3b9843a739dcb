"""The ledger: acts on members' points become balanced entries of the member's shard.

In order: `batch` locks the shard's row, sees which acts it knows, brings the house up to date, loads what the rest needs, lets
`decide` judge them one after the other in memory, writes arrays and commits once. `chart` names the accounts.
"""
