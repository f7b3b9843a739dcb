"""The audit: whoever doubts the operator computes everything again, and says by name what does not hold.

1. `records` puts the entries of the house and of all shards into the one order that decides everything.
2. `replay` walks them once: leaf text, numbers, keys, signatures, payloads, and every entry decided again by the same pure rules.
   `tally` adds up what the leaves say, knowing no rule; `identities` compares the two at the end.
3. `fsck` feeds the replay from PostgreSQL and compares every table with it; `verify` feeds it from an evidence bundle, with no
   database and no network; `bundle` makes that bundle.

Nothing here raises for what an operator wrote: each discrepancy is a `Finding` under one of the names in `checks`.

How `fsck` is quick, without checking less:

- What an entry says of itself is examined by a `crew` of processes, one for each core. Each reads its ranges of entries from
  PostgreSQL in one shared snapshot (`stored`, `examiner`) and verifies their signatures.
- Nearly all entries are `ordinary`, and are examined in columns (`arrays`): what `plain_payload` reads of the signed payloads,
  spelled as `ordinary_leaves` has it, must be the leaves, byte for byte; so must be what the tariff makes of it.
- They come to the first process as columns too (`ordinary_rows`), in runs, and go the short way there (`swift`).
- A member of whom only ordinary acts are known is quiet (`quiet_members`): what it did is put off, and decided by the whole at
  the end (`quiet_lots`). Whoever asks for its wallet (`lazy_wallets`) ends that: its acts are decided again one by one
  (`ordinary_acts`), and all that follow as they come.
- Any other entry, and every one that the short way does not like, goes the long way through `replay`, which names what is wrong.
- As soon as anything is found, or what was put off cannot be shown to be right, all entries are walked again with nobody quiet:
  so findings come in their order, with their reasons.
- What is alike is compared by the whole, and looked at one by one only if it is not: the transfers of a range are one text, rows
  of acts, read beside the entries (`act_rows`), are sets of lines, and those of lots, read page by page, columns (`lot_rows`).
- A shard's tree is hashed where its leaves are read, in complete subtrees (`subtrees`).
"""
