"""The journal: every admitted act is exactly one numbered entry, and its leaf says all that is needed to decide it again.

`leaf` spells entries (pure), `acts` names what a request asks for, `tables` is the schema of entries, transfers and payloads,
`reading` loads them. Entries are only ever added, by `settlement.ledger.batch`.
"""
