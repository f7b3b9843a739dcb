"""Clearing: a closed cycle's obligations become net positions, two people approve them, legs are paid.

close (a house entry) -> cut (an entry in every shard) -> net (`netting`) -> propose and approve (`proposing`, `approving`; four
eyes) -> confirm leg by leg (`legs`). These are pure; `decide` finds the one that judges an act. Figures are never stored: they
are computed from the obligations again whenever they matter.
"""
