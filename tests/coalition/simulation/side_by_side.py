"""The engine's pure rules and the model, asked the same and held against each other, line by line."""

from dataclasses import astuple, dataclass, field
from itertools import product

import pytest

from coalition.audit.askers import ASKED_BY
from coalition.audit.claims import role_of
from coalition.simulation.model import Asked, FoundingKey, Model, ModelError, Place
from settlement.clearing.accrual import Accrual, owed_within
from settlement.clearing.decide import decide_desk
from settlement.clearing.netting import Figures, net
from settlement.errors import CoalitionError
from settlement.house.state import House
from settlement.journal.acts import ENGINE_LINE, Act, Draft
from settlement.journal.leaf import HOUSE, Entry
from settlement.ledger import chart
from settlement.ledger.batch import ShardHead
from settlement.ledger.book import Book
from settlement.ledger.decide import decide
from settlement.ledger.members import MemberRules
from settlement.ledger.rules.expiring import see_to
from settlement.ledger.rules.expiry import DAY_US
from settlement.ledger.sweeping import arrival_draft, lapse_draft
from settlement.money import ASSETS
from tests.coalition.simulation.founded import DIGITS, SHARDS, TARIFFS, founded_house, founding_keys
from tests.support.pure_acts import NETWORK, OPERATOR, T0_US, act, as_entry

UNSAID = {"partner", "act", "request", "sig"}
MAY_ASK = dict(ASKED_BY.values())


@dataclass(slots=True)
class Shard:
    """A member shard as the engine keeps it: the head of its row, its book, and what accrued by cycle."""

    head: ShardHead
    book: Book
    accrued: dict[int, dict[tuple[str, str], list[int]]] = field(default_factory=dict)


class SideBySide:
    """Every act goes to both; whatever they say differently is an AssertionError. `houses[h]`: the house under size h."""

    def __init__(self, model: str) -> None:
        keys = founding_keys()
        self.houses = [House(), founded_house(keys, model)]
        self.model = Model(
            audience=NETWORK.origin,
            operator=OPERATOR,
            model=model,
            currency="EUR",
            minor_digits=DIGITS,
            shards=SHARDS,
            tariff=TARIFFS[model],
            founded_at_us=T0_US,
            keys=[FoundingKey(k.keyid, k.algorithm, k.purpose, k.owner, k.person, k.spki) for k in keys],
        )
        known: dict[bytes, str] = {}
        self.shards = {
            number: Shard(ShardHead(number, 0, 0, 1, 0, T0_US, T0_US), Book(number, aliases=known))
            for number in range(1, SHARDS + 1)
        }
        self.claims: dict[int, dict[tuple[str, str], list[int]]] = {}  # accrued in the house, by cycle
        self._shard_of: dict[str, int] = {}
        for shard in self.shards.values():
            shard.book.transits.shards = self._shard_of
        self.now_us = T0_US

    @property
    def house(self) -> House:
        return self.houses[-1]

    def ask(
        self, signer: str, body: object, *, partner: str = OPERATOR, shard: int = HOUSE, lag: int = 0
    ) -> tuple[str, str]:
        """The act's id, and what both sides answered: `ok`, `refused REASON` or `error REASON`."""
        self.now_us += 1
        asked = body if isinstance(body, Act) else act(partner, body, signer=signer)
        return asked.act_id, self._ask_house(asked) if shard == HOUSE else self._ask_shard(asked, shard, lag)

    def heads(self) -> None:
        """The worker states the roots; for the rules it is one more entry."""
        self.now_us += 1
        size = self.house.size
        self.model.heads(Place(HOUSE, size, size, self.now_us))
        self.grow(Entry(HOUSE, size, size, self.now_us, "heads", ()))

    def cut(self, number: int) -> None:
        """The worker comes by: cuts what the newest house has closed."""
        self.now_us += 1
        self._cut(self.shards[number], self.house)

    def pass_time(self, days: int) -> None:
        """Nobody does anything for a while."""
        self.now_us += days * DAY_US

    def see_to(self, number: int) -> list[str]:
        """The worker comes by: points whose time has come, member by member. What became of it, by kind."""
        shard, house = self.shards[number], self.house
        self.now_us += 1
        self._cut(shard, house)
        done: list[str] = []
        for member in list(shard.book.wallets):
            while (due := see_to(shard.book, house, member, self.now_us)) is not None:
                draft, place = due[0], Place(number, shard.head.size, house.size, self.now_us)
                assert self.model.see_to(place, draft.kind, member) == draft.lines
                self._append(shard, draft, place)
                self.now_us += 1
                done.append(draft.kind)
            for kind in ("expire", "mature", "notice"):
                with pytest.raises(ModelError):
                    self.model.see_to(Place(number, shard.head.size, house.size, self.now_us), kind, member)
        return done

    def sweep(self, number: int) -> int:
        """The worker comes by: every hold that has run out lapses, in both; how many did."""
        shard = self.shards[number]
        due = [hold for hold in shard.book.holds.values() if hold.is_open and hold.until_us <= self.now_us]
        self._cut(shard, self.house)
        for hold in due:
            self.now_us += 1
            draft = lapse_draft(number, shard.book, self.house, hold, (shard.head.size, self.now_us))
            place = Place(number, shard.head.size, self.house.size, self.now_us)
            lines = tuple([line for line in draft.lines if line != ENGINE_LINE])
            assert lines == self.model.lapse(place, f"{number}:{hold.index}")
            self._append(shard, draft, place)
        return len(due)

    def arrive(self, number: int) -> int:
        """The worker comes by: what is on its way to the shard arrives, in both; how many transfers did."""
        self.now_us += 1
        shard, house = self.shards[number], self.house
        self._cut(shard, house)
        senders = [each.book.transits for each in self.shards.values()]
        coming = [transit for sent in senders for transit in sent.by_entry.values() if transit.is_open]
        coming = [transit for transit in coming if transit.to_shard == number]
        for transit in coming:
            self.now_us += 1
            head, original = shard.head, f"{transit.shard}:{transit.index}"
            place = Place(number, head.size, house.size, self.now_us)
            draft = arrival_draft(shard.book, house, transit, head.size)
            assert self.model.arrive(place, original) == draft.lines
            self._append(shard, draft, place)
            with pytest.raises(ModelError, match="on its way"):
                self.model.arrive(Place(number, head.size, house.size, self.now_us + 1), original)
        return len(coming)

    def figures(self, cycle: int) -> Figures | None:
        """The engine's figures of a cycle, None while a shard has not cut it."""
        return None if (owed := self.owed(cycle)) is None else net(owed)

    def owed(self, cycle: int) -> dict[tuple[str, str], int] | None:
        """The engine's obligations of a cycle, None while a shard has not cut it."""
        if any(shard.head.cycle <= cycle for shard in self.shards.values()):
            return None
        accruals: dict[tuple[str, str], list[int]] = {}
        for accrued in (self.claims, *[shard.accrued for shard in self.shards.values()]):
            for number, owed in accrued.items():
                for pair, (micros, count) in owed.items() if number <= cycle else ():
                    sums = accruals.setdefault(pair, [0, 0, 0])
                    sums[0 if number < cycle else 1] += micros
                    sums[2] += count if number == cycle else 0
        return owed_within({pair: Accrual(*sums) for pair, sums in accruals.items()}, DIGITS)

    def check_knowledge(self) -> None:
        """What both can be asked at any time is the same: sizes, keys, balances, figures."""
        model, house = self.model, self.house
        assert model.size(HOUSE) == house.size
        for keyid in house.keys:
            assert model.key_is_live(keyid, house.size) == (house.live_key(keyid) is not None)
        for number, shard in self.shards.items():
            assert model.size(number) == shard.head.size
            for member, asset in product(shard.book.wallets, ASSETS):
                wallet = shard.book.wallet(member, asset)
                assert model.balance(member, asset) == wallet.balance
                assert model.pending(member, asset) == wallet.pending
                assert model.held(member, asset) == wallet.held
                assert model.proofs(member) == shard.book.proofs.of(member)
                owed = sum([one.remaining for one in wallet.arrears])
                assert model.facts.points.arrears.owed(member, asset) == owed
        for cycle in house.cycles:
            ours, theirs = model.figures(cycle), self.figures(cycle)
            assert (ours and astuple(ours)) == (theirs and astuple(theirs))

    def _ask_house(self, asked: Act[object]) -> str:
        size = self.house.size
        place = Place(HOUSE, size, size, self.now_us)
        reason = self._key_error(asked, place)
        if reason is not None:
            return self._expect_error(place, asked, reason)
        owed = {cycle: found for cycle in self.house.cycles if (found := self.owed(cycle)) is not None}
        try:
            nets = {cycle: net(found) for cycle, found in owed.items()}
            draft = decide_desk(self.house, nets, asked, self.now_us, owed)
        except CoalitionError as error:
            return self._expect_error(place, asked, error.reason)
        answer = self._compare(place, asked, draft)
        _add_debts(self.claims.setdefault(self.house.open_cycle, {}), draft)
        self.grow(as_entry(draft, shard=HOUSE, index=size, house=size, time_us=self.now_us))
        return answer

    def _ask_shard(self, asked: Act[object], number: int, lag: int) -> str:
        shard = self.shards[number]
        head, house = shard.head, self.houses[max(1, shard.head.house, self.house.size - lag)]
        place = Place(number, head.size, house.size, self.now_us)
        reason = self._key_error(asked, place)
        if self.model.is_cut_due(number, house.size):
            self._expect_error(place, asked, reason or "CUT_MISSING")
        self._cut(shard, house)
        place = Place(number, head.size, house.size, self.now_us)
        if reason is not None:
            return self._expect_error(place, asked, reason)
        draft = decide(shard.book, house, asked, head.size, self.now_us)
        answer = self._compare(place, asked, draft)
        self._append(shard, draft, place)
        self._shard_of |= dict.fromkeys(shard.book.new_members, number)
        return answer

    def _append(self, shard: Shard, draft: Draft, place: Place) -> None:
        as_entry(draft, shard=place.shard, index=place.index, house=place.house, time_us=place.time_us)
        shard.head.size, shard.head.house = place.index + 1, place.house
        _add_debts(shard.accrued.setdefault(shard.head.cycle, {}), draft)

    def _cut(self, shard: Shard, house: House) -> None:
        head = shard.head
        due = self.model.is_cut_due(head.shard, house.size)
        drafts = MemberRules(head, house).begin(head, house)
        assert due == bool(drafts)
        for draft in drafts:
            place = Place(head.shard, head.size, house.size, self.now_us)
            assert (*self.model.cut(place), ENGINE_LINE) == draft.lines
            head.size, head.house, self.now_us = head.size + 1, house.size, self.now_us + 1
        assert not self.model.is_cut_due(head.shard, house.size)

    def _key_error(self, asked: Act[object], place: Place) -> str | None:
        """The error that the door or the batch gives for the key."""
        house = self.houses[place.house]
        key = house.live_key(asked.keyid)
        if key is None:
            return "KEY_REVOKED" if asked.keyid in house.keys else "KEY_UNKNOWN"
        may_ask = MAY_ASK[f"{type(asked.body).__name__}Request"]
        return None if role_of(house, key) in may_ask else "ROLE_MISSING"

    def _expect_error(self, place: Place, asked: Act[object], reason: str) -> str:
        """Where the engine answers with an error, the model must allow no entry, for the same reason."""
        with pytest.raises(ModelError) as caught:
            self.model.judge(place, _asked(asked))
        assert caught.value.reason == reason
        return f"error {reason}"

    def _compare(self, place: Place, asked: Act[object], draft: Draft) -> str:
        judgement = self.model.judge(place, _asked(asked))
        engine = [line for line in draft.lines if line[0] not in UNSAID]
        engine += [("member", draft.member or "-"), ("balance", str(draft.balance_after))]
        model = [
            *judgement.lines,
            ("member", judgement.member or "-"),
            ("balance", str(judgement.balance_after)),
        ]
        assert engine == model, _first_difference(engine, model)
        assert draft.refusal == judgement.refusal
        return dict(draft.lines)["result"]

    def grow(self, entry: Entry) -> None:
        """One more entry of the house."""
        house = self.house.fork()
        house.apply(entry)
        self.houses.append(house)


def _add_debts(owed: dict[tuple[str, str], list[int]], draft: Draft) -> None:
    for post in draft.transfers:
        pair = chart.parties(post.debit, post.credit, operator=OPERATOR)
        if pair is not None:
            sums = owed.setdefault(pair, [0, 0])
            sums[0] += post.amount
            sums[1] += 1


def _asked(asked: Act[object]) -> Asked:
    return Asked(asked.partner, asked.keyid, asked.act_id, asked.body)


def _first_difference(engine: list[tuple[str, str]], model: list[tuple[str, str]]) -> str:
    pairs = zip(engine, model, strict=False)
    said, meant = next((pair for pair in pairs if pair[0] != pair[1]), (("",), ("",)))
    return f"the engine says {' '.join(said)!r}, the model {' '.join(meant)!r}"
