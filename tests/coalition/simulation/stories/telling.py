"""The small world that all stories share, and how each act is asked and told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from settlement.house.records import BILATERAL
from settlement.ledger.acts import OF_AN_ASSET, Authorize, Capture, Issue, Redeem
from settlement.money import ASSETS, POINTS
from tests.coalition.simulation.side_by_side import SideBySide
from tests.support.pure_acts import OPERATOR

AMOUNT_MAX, WALLET_MAX = 10**12, 10**15
FOUNDERS = ("acme", "bakery")
COMPANIES = st.sampled_from([*FOUNDERS, "cinema", "drugs", OPERATOR])
TRADERS = st.sampled_from([*FOUNDERS * 4, "acme-2", "cinema"])
"""Names of keys; each is owned by the company that the name begins with."""
DESK = st.sampled_from([*[OPERATOR] * 7, "operator-2"])
PERSONS = st.sampled_from(["ann", "bob", "carol"])
KEYS = st.sampled_from(
    [*FOUNDERS, "acme-2", "acme-3", "drugs", OPERATOR, "operator-2", "ann", "bob", "carol", "log"]
)
MEMBERS = st.sampled_from([*[0] * 4, *[1] * 4, 2, 3])
ALIASES = st.sampled_from([b"card", b"phone", b"app"])
CAMPAIGNS = st.sampled_from(["spring", "spring", "autumn"])
SHARDS = st.sampled_from([1, 2])
AMOUNTS = st.integers(1, 20) | st.sampled_from([199, 200, 201, AMOUNT_MAX])
CENT_MICROS = 10_000
"""A minor unit of value in micros."""
FULL = st.sampled_from([WALLET_MAX, WALLET_MAX - 1, WALLET_MAX - AMOUNT_MAX])
"""So much in one act passes no door; it fills a wallet as a thousand acts would."""
PARTS = st.sampled_from([0, 0, 0, 1, 2, 5, 9, 300])
"""Points to reverse; 0: all that are left."""
ASTRAY = st.sampled_from([*[False] * 9, True])
"""Whether an act comes to the other shard, where nobody knows what it names."""
LAGS = st.sampled_from([0, 0, 0, 1, 2])
STRANGER = "ffffffff-0000-4000-8000-000000000000"


def owner_of(key: str) -> str:
    """The company whose key has this name; people are the operator's."""
    return OPERATOR if key in ("ann", "bob", "carol", "log") else key.partition("-")[0]


@contextmanager
def told(sentence: str) -> Iterator[list[str]]:
    """Tells what is asked with what was answered, the last of the list; or that the two sides disagree."""
    answers: list[str] = []
    try:
        yield answers
    finally:
        note(f"{sentence}: {answers[-1] if answers else 'the engine and the model disagree'}")


class Telling(RuleBasedStateMachine):
    """Asks both sides and tells what they answered in one plain sentence."""

    MODEL = BILATERAL

    def __init__(self) -> None:
        super().__init__()
        self.both = SideBySide(self.MODEL)
        self.members: list[tuple[str, int]] = []
        self.done: list[tuple[str, str, int]] = []
        self.holds: list[tuple[str, str, int]] = []
        self.wallets_are_full_of_lots = False
        self.asset = POINTS

    @rule(asset=st.sampled_from(ASSETS))
    def the_talk_turns_to(self, asset: str) -> None:
        """All amounts from now on are of this asset; what is meant by them may be older, and of the other one."""
        self.asset = asset
        note(f"all amounts are {asset} from now on")

    def ask_house(self, signer: str, sentence: str, body: object) -> None:
        with told(f"{signer} {sentence}") as answers:
            answers += self.both.ask(signer, body, partner=owner_of(signer))

    def ask_shard(self, signer: str, shard: int, lag: int, sentence: str, body: object) -> None:
        if isinstance(body, OF_AN_ASSET):
            body = replace(body, asset=self.asset)
        late = f", {lag} house entries late" if lag else ""
        with told(f"{signer} {sentence} in shard {shard}{late}") as answers:
            partner = owner_of(signer)
            answers += self.both.ask(signer, body, partner=partner, shard=shard, lag=lag)
        if isinstance(body, Issue | Redeem | Capture):
            self.done.append((partner, answers[0], shard))
        elif isinstance(body, Authorize):
            self.holds.append((partner, answers[0], shard))

    def member(self, number: int) -> tuple[str, int]:
        """The member with this number and its shard; a stranger if there are fewer."""
        return self.members[number] if number < len(self.members) else (STRANGER, 1)
