"""The house of record: what is owed, is it paid, and can we prove it.

Rooms, from the books outward: `ledger` decides acts and writes the journal; `transparency` makes it checkable; `clearing` nets
what a cycle left owed; `statements` tell each participant; `worker` runs what the clock drives. This package knows no network:
it never imports `coalition`, gRPC or protobuf.
"""
