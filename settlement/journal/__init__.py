"""The journal: every admitted act is exactly one numbered entry, and its leaf says all that is needed to decide it again.

`leaf` spells entries, strictly and in one way; `acts` is what a request asks for and what became of it. Both are pure.
Entries are only ever added, by `settlement.ledger.batch`.
"""
