"""A small network for acts asked of the model by hand."""

import pytest

from coalition.simulation.model import Asked, CycleFigures, FoundingKey, Judgement, Model, ModelError, Place
from settlement.clearing.acts import CloseCycle, Propose
from settlement.clearing.netting import Figures
from settlement.house.acts import Activate, AddKey, ApproveTariff, ProposeTariff, Register
from settlement.house.tariff import Tariff
from settlement.ledger.acts import Authorize, Enrol, Issue, MemberName, Redeem, Reverse

MEMBER, OTHER = "8f3a2b64-90d1-4c55-a0f7-5f2f1d0c9b11", "11111111-2222-4333-8444-555555555555"
HASH, SECOND_HASH = "ab" * 32, "cd" * 32
NOON_US = 1_795_262_400_000_000
HOUR_US = 3_600_000_000
OPERATOR = "operator"
CENT = Tariff(10_000)


class World:
    """A network of two shards with active partners acme, bakery and cinema; member 8f3a… lives in shard 1, 1111… in 2."""

    def __init__(self, tariff: Tariff = CENT, model: str = "bilateral") -> None:
        keys = [
            FoundingKey(OPERATOR, "ed25519", "request", OPERATOR, None, b""),
            FoundingKey("ann", "ed25519", "approver", OPERATOR, "ann", b""),
            FoundingKey("bob", "ed25519", "approver", OPERATOR, "bob", b""),
        ]
        self.model = Model(
            audience="clearing.example/test",
            operator=OPERATOR,
            model=model,
            currency="EUR",
            minor_digits=2,
            shards=2,
            tariff=tariff,
            keys=keys,
        )
        self.now_us = NOON_US
        self.acts = 0
        for name in ("acme", "bakery", "cinema"):
            self.take_in(name)
        self.ask("acme", Enrol(MEMBER, (b"card",)), shard=1)
        self.ask("acme", Enrol(OTHER, ()), shard=2)

    def take_in(self, name: str) -> None:
        for body in (Register(name, name), Activate(name), key(name, name)):
            assert self.ask(OPERATOR, body).refusal is None

    def ask(
        self, keyid: str, body: object, *, shard: int = 0, house: int | None = None, act_id: str | None = None
    ) -> Judgement:
        """The key's id begins with its owner's name; people are the operator's. The act's id is its number."""
        self.acts += 1
        self.now_us += 1
        partner = OPERATOR if keyid in ("ann", "bob", "carol") else keyid.split("/")[0]
        place = Place(
            shard, self.model.size(shard), self.model.size(0) if house is None else house, self.now_us
        )
        return self.model.judge(place, Asked(partner, keyid, act_id or str(self.acts), body))

    def issue(self, partner: str, amount: int, *, shard: int = 1, act_id: str | None = None) -> Judgement:
        member = MEMBER if shard == 1 else OTHER
        return self.ask(partner, Issue(MemberName(member), amount, NOON_US), shard=shard, act_id=act_id)

    def redeem(self, partner: str, amount: int, *, shard: int = 1, act_id: str | None = None) -> Judgement:
        member = MEMBER if shard == 1 else OTHER
        return self.ask(partner, Redeem(MemberName(member), amount, NOON_US), shard=shard, act_id=act_id)

    def authorize(
        self, partner: str, amount: int, *, minutes: int = 0, act_id: str | None = None
    ) -> Judgement:
        body = Authorize(MemberName(MEMBER), amount, NOON_US, minutes)
        return self.ask(partner, body, shard=1, act_id=act_id)

    def lapse(self, original: str) -> tuple[tuple[str, str], ...]:
        self.now_us += 1
        return self.model.lapse(Place(1, self.model.size(1), self.model.size(0), self.now_us), original)

    def reverse(
        self, partner: str, original: str, amount: int = 0, *, shard: int = 1, act_id: str | None = None
    ) -> Judgement:
        return self.ask(partner, Reverse(original, NOON_US, amount), shard=shard, act_id=act_id)

    def change_tariff(self, tariff: Tariff, *, from_us: int | None = None) -> Judgement:
        """Ann proposes, bob approves; the judgement of his approval."""
        sha256 = f"{self.acts:064x}"
        self.ask("ann", ProposeTariff(tariff, from_us, sha256))
        return self.ask("bob", ApproveTariff(sha256))

    def close(self, cycle: int) -> None:
        assert self.ask(OPERATOR, CloseCycle(cycle, None)).refusal is None
        for shard in (1, 2):
            self.now_us += 1
            self.model.cut(Place(shard, self.model.size(shard), self.model.size(0), self.now_us))

    def propose(self, person: str, cycle: int, proposal: str = HASH) -> Judgement:
        figures = self.model.figures(cycle) or CycleFigures(0, 0, 0, {})
        said = Figures(figures.gross, figures.bilateral, figures.multilateral, figures.nets)
        warnings, deferred = self.model.warnings(cycle), self.model.deferred(cycle)
        return self.ask(person, Propose(cycle, "EUR", said, proposal, warnings, deferred))


def key(owner: str, keyid: str, person: str | None = None) -> AddKey:
    return AddKey(owner, keyid, "ed25519", "request" if person is None else "approver", person, b"")


def lines(judgement: Judgement, name: str) -> list[str]:
    return [value for key, value in judgement.lines if key == name]


def error_of(world: World, keyid: str, body: object, **place: int) -> str:
    with pytest.raises(ModelError) as caught:
        world.ask(keyid, body, **place)  # type: ignore[arg-type]
    return caught.value.reason
