"""Clearing: a closed cycle's obligations become net positions, two people approve them, legs are paid.

close (a house entry) -> cut (an entry in every shard) -> net (`netting`, pure) -> propose and approve (`decide`, pure; four
eyes) -> confirm leg by leg. Figures are never stored: they are computed from the obligations again whenever they matter.
"""
