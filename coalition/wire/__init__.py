"""The wire: signed envelopes, strict parsing, and the translation between protobuf and the ledger's values.

Bytes received are verified before they are parsed, and never serialised again. `methods` is read from the proto files, so what a
method demands stands in one place. Nothing here knows gRPC.
"""
