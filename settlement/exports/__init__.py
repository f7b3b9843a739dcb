"""Exports: the ledger for programs of others, the same bytes for the same books.

`accounts` names the ledger's accounts as Beancount and hledger want them, `postings` reads entries in order without holding them,
`beancount` and `hledger` spell them as text that those tools accept, `tables` writes Parquet, and `journal` what one company puts
in its own books.
"""
