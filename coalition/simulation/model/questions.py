"""What the model can be asked, besides what an entry must say."""

from coalition.simulation.model.facts import Facts
from coalition.simulation.model.keys import KeyLife
from coalition.simulation.model.laws import broken_laws
from coalition.simulation.model.terms import HOUSE, CycleFigures, Place
from settlement.house.tariff import Tariff


class Questions:
    """Answers from what happened."""

    _facts: Facts

    @property
    def facts(self) -> Facts:
        """All that the model keeps, for whoever compares it with other books."""
        return self._facts

    def size(self, shard: int) -> int:
        """How many entries a shard has."""
        return self._facts.size(shard)

    def place_of(self, partner: str, act_id: str) -> Place | None:
        """Where an act's one answer stands."""
        return self._facts.answers.get((partner, act_id))

    def is_cut_due(self, shard: int, house: int) -> bool:
        """Whether the shard must cut a cycle before it takes an act under this house size."""
        return self._facts.cycles.is_cut_due(shard, house)

    def open_cycle(self, house: int) -> int:
        """The number of the cycle that is open under a house size."""
        return self._facts.cycles.open(house)

    def partner_state(self, partner: str, house: int) -> str | None:
        """`registered`, `active`, `suspended`; None: not registered under this house size."""
        return self._facts.partners.state(partner, house)

    def ahead_us(self, house: int) -> int:
        """How far ahead of the right time entries under a house size are."""
        return self._facts.practice.ahead_us(house)

    def tariff(self, house: int) -> Tariff:
        """The terms in force under a house size."""
        return self._facts.tariffs.at(house).terms

    @property
    def is_pool(self) -> bool:
        """Whether a fund pays for what is redeemed."""
        return self._facts.points.prices.is_pool

    def allows(self, tariff: Tariff) -> bool:
        """Whether the settlement model knows such terms."""
        return self._facts.tariffs.allows(tariff)

    def key(self, keyid: str) -> KeyLife | None:
        """What is known of a key that counts or once counted."""
        return self._facts.keys.all.get(keyid)

    def key_is_live(self, keyid: str, house: int) -> bool:
        """Whether what a key signs counts under a house size."""
        key = self.key(keyid)
        return key is not None and key.lives(house)

    def shard_of(self, member: str) -> int | None:
        """Where a member lives."""
        return self._facts.points.shard_of.get(member)

    def member_of(self, alias: bytes) -> str | None:
        """Whom an alias names."""
        return self._facts.points.member_of.get(alias)

    def balance(self, member: str, asset: str = "PTS") -> int:
        """A member's spendable points, or value."""
        return self._facts.points.balance(member, asset)

    def held(self, member: str, asset: str = "PTS") -> int:
        """A member's points in open holds."""
        return self._facts.points.held[member, asset]

    def pending(self, member: str, asset: str = "PTS") -> int:
        """A member's points that are issued and not spendable yet."""
        return self._facts.points.pending(member, asset)

    def proofs(self, member: str) -> dict[str, bytes]:
        """What a member can be known by: devices by keyid, and its newest code under "code"."""
        phone = self._facts.proofs.phones.get(member)
        return {} if phone is None else phone.proofs()

    def figures(self, cycle: int) -> CycleFigures | None:
        """What a correct proposal of a cycle says; None while a shard has not cut it, or if there is none."""
        return self._facts.cycles.figures(cycle)

    def warnings(self, cycle: int) -> tuple[str, ...]:
        """The warnings that a correct proposal of a cycle names, under the newest tariff."""
        return tuple(self._facts.settlements.warnings(cycle, self.tariff(self.size(HOUSE))))

    def deferred(self, cycle: int) -> tuple[str, ...]:
        """Whom a correct proposal of a cycle defers, under the newest tariff."""
        figures = self.figures(cycle)
        nets = {} if figures is None else figures.nets
        return tuple(self._facts.settlements.deferred(nets, self.tariff(self.size(HOUSE))))

    def nets(self, settlement: int) -> dict[str, int]:
        """A settlement's nets in minor units, positive pays. Empty: there is none with this number."""
        found = self._facts.settlements.numbered(settlement)
        return dict(found.nets) if found is not None else {}

    def objectors(self, settlement: int) -> list[str]:
        """Who has objected to a proposal, the newest last."""
        found = self._facts.settlements.numbered(settlement)
        return list(found.answers) if found is not None else []

    def participants(self, settlement: int) -> list[str]:
        """Whose nets a proposal names."""
        found = self._facts.settlements.numbered(settlement)
        return list(found.nets) if found is not None else []

    def unpaid(self, settlement: int) -> dict[str, int]:
        """Legs of an approved settlement that are still to be confirmed, in minor units, positive pays."""
        found = self._facts.settlements.numbered(settlement)
        return found.unpaid() if found is not None else {}

    def broken_laws(self) -> list[str]:
        """One sentence for each thing that does not hold over the whole model; none when all is well."""
        return broken_laws(self._facts)
