"""The simulator: a whole network in one process on virtual time, held against a second model of its rules.

1. `story` makes acts and troubles from one seed; `asking` and `requests` turn acts into signed requests; `troubles` does harm.
2. `wire` carries requests to gateways and a worker (`processes`), which are the real engine on a stand-in for PostgreSQL.
3. `auditor` hears of every request, entry and answer, and holds each against `model`; `closing` compares all tables at the end.
4. `run` lives one story; `shrink` finds a shorter one that breaks the same law; `chronicle` tells it in sentences.
"""
