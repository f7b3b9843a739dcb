"""Reports: what the books say as of any moment, for people who answer for them.

`moment` says how much of the journal a report looks at. `trial`, `matrix`, `saving`, `liability` and `breakage` read the books
as `coalition_reader`; `later` reads what came after a moment, `origins` traces lots back to their issue, `ladder` is pure. What
is reported follows from tables where they hold it, and from the journal's entries where they do not: each module says what its
cost grows with.
"""
