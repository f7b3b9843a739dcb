"""The second model: every rule of the network once more, slow and obvious, written from the pages in docs/, not from the engine.

It shares with the engine only the names of what can be asked: the bodies of acts. What happened is kept as plain lists, what the
house said with the entry at which it became true, and every answer is found by looking at them.

    terms > timeline > partners, keys, tariffs, fundings > prices > points, proofs, accounts, cycles, settlements > laws > model
    terms > timeline > partners, keys, tariffs > prices > points, proofs, accounts, cycles, settlements > laws > model
"""

from coalition.simulation.model.model import Model
from coalition.simulation.model.terms import Asked, CycleFigures, FoundingKey, Judgement, ModelError, Place

__all__ = ["Asked", "CycleFigures", "FoundingKey", "Judgement", "Model", "ModelError", "Place"]
