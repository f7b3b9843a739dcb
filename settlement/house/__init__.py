"""The house: shard 0, whose entries govern all others.

Its state is a fold over its own entries (`state`), so a gateway, a worker and an offline auditor see the same keys, tariff and
cycle at the same house size. `decide` judges the acts on partners, keys and tariffs; acts on cycles and settlements are judged
in `settlement.clearing`.
"""
