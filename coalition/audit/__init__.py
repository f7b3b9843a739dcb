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
- Nearly all entries are `ordinary`: the leaf begins exactly as the signed payload and the row's columns spell it, which is one
  comparison. What a payload asks for is `asked` of one pattern (`plain_payload`) where it is written as libraries write it.
- They come to the first process as small tuples, in runs, and go the short way there (`swift`): a short form of the rules,
  `ordinary_acts`, says how the leaf must end, and what changes then.
- Any other entry, and every one that the short way does not like, goes the long way through `replay`, which names what is wrong.
- What is alike is compared by the whole, and looked at one by one only if it is not: the transfers of a range are one text, and
  rows of acts, read beside the entries (`act_rows`), are sets of lines.
- Of issues and redemptions that are never reversed only the lots are remembered (`originals`).
"""
