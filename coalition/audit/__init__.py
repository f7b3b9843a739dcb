"""The audit: whoever doubts the operator computes everything again, and says by name what does not hold.

1. `records` puts the entries of the house and of all shards into the one order that decides everything.
2. `replay` walks them once: leaf text, numbers, keys, signatures, payloads, and every entry decided again by the same pure rules.
   `tally` adds up what the leaves say, knowing no rule; `identities` compares the two at the end.
3. `fsck` feeds the replay from PostgreSQL and compares every table with it; `verify` feeds it from an evidence bundle, with no
   database and no network; `bundle` makes that bundle.

Nothing here raises for what an operator wrote: each discrepancy is a `Finding` under one of the names in `checks`.
"""
