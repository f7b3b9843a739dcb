"""All that the model keeps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from coalition.simulation.model.accounts import Accounts
from coalition.simulation.model.banking import Banking
from coalition.simulation.model.breaks import Breaks
from coalition.simulation.model.cycles import Cycles
from coalition.simulation.model.defaults import Defaults
from coalition.simulation.model.fundings import Fundings
from coalition.simulation.model.holds import Holds
from coalition.simulation.model.keys import Keys
from coalition.simulation.model.openings import Openings
from coalition.simulation.model.partners import Partners
from coalition.simulation.model.points import Points
from coalition.simulation.model.practice import Practice
from coalition.simulation.model.proofs import Proofs
from coalition.simulation.model.settlements import Settlements
from coalition.simulation.model.statements import Statements
from coalition.simulation.model.tariffs import Tariffs
from coalition.simulation.model.terms import HOUSE, ModelError, Place, Post
from coalition.simulation.model.transfers import Transfers


@dataclass(slots=True)
class Facts:
    """What happened, by subject. `last`: each shard's newest entry; `answers`: where each act, by partner and id, stands."""

    currency: str
    partners: Partners
    fundings: Fundings
    tariffs: Tariffs
    keys: Keys
    points: Points
    holds: Holds
    transfers: Transfers
    proofs: Proofs
    cycles: Cycles
    settlements: Settlements
    defaults: Defaults
    statements: Statements
    openings: Openings
    banking: Banking
    breaks: Breaks
    last: dict[int, Place]
    answers: dict[tuple[str, str], Place] = field(default_factory=dict)
    heads: int = 0
    accounts: Accounts = field(default_factory=Accounts)
    practice: Practice = field(default_factory=Practice)
    concerned: set[tuple[str, int, int]] = field(default_factory=set)
    """Partners that are to learn of an entry of the engine, with its shard and number."""
    seen_to: int = 0
    """Entries of the engine that saw to points whose time had come."""
    by_itself: int = 0
    """Entries by which the house closed a cycle, started a tariff, told of a late payment or set its clock, by itself."""

    def size(self, shard: int) -> int:
        """How many entries a shard has."""
        return self.last[shard].index + 1

    def take_posts(self, place: Place, posts: Sequence[Post]) -> None:
        """What an entry's postings make partners owe each other, and whose points they move."""
        self.cycles.add_debts(place, posts)
        if place.shard != HOUSE:
            self.statements.note(place.shard, posts)

    def tell(self, place: Place, partners: Iterable[str]) -> None:
        """Notes whom an entry of the engine concerns."""
        self.concerned |= {(partner, place.shard, place.index) for partner in partners}

    def check_place(self, place: Place) -> None:
        """ModelError OUT_OF_PLACE unless the entry can follow the last one of its shard."""
        last = self.last.get(place.shard)
        if last is None:
            raise ModelError("OUT_OF_PLACE", f"there is no shard {place.shard}")
        if place.index != last.index + 1:
            raise ModelError("OUT_OF_PLACE", f"number {place.index} does not follow {last.index}")
        if place.time_us <= last.time_us:
            raise ModelError("OUT_OF_PLACE", "recorded no later than the entry before it")
        most = self.size(HOUSE)
        least = most if place.shard == HOUSE else max(1, last.house)
        if not least <= place.house <= most:
            raise ModelError("OUT_OF_PLACE", f"house {place.house} is not from {least} to {most}")
