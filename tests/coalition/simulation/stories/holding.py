"""Acts on points that are held, and the time that passes until holds lapse."""

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from settlement.ledger.acts import Authorize, Capture, MemberName, Void
from tests.coalition.simulation.stories.telling import (
    ALIASES,
    AMOUNTS,
    ASTRAY,
    LAGS,
    MEMBERS,
    SHARDS,
    TRADERS,
    Telling,
)
from tests.support.pure_acts import T0_US

MINUTE_US = 60_000_000
MINUTES = st.integers(0, 4)
HOLDERS = st.sampled_from([None] * 7 + ["bakery"])
"""Who asks about a hold: mostly the partner that has it."""


class Holding(Telling):
    """Partners that hold points of members."""

    @rule(signer=TRADERS, number=MEMBERS, amount=AMOUNTS, minutes=MINUTES, astray=ASTRAY, lag=LAGS)
    def holds_points(
        self, signer: str, number: int, amount: int, minutes: int, astray: bool, lag: int
    ) -> None:
        member, home = self.member(number)
        body, shard = Authorize(MemberName(member), amount, T0_US, minutes), 3 - home if astray else home
        sentence = f"holds {amount} points of member {number} for {minutes} minutes"
        self.ask_shard(signer, shard, lag, sentence, body)

    @rule(signer=TRADERS, alias=ALIASES, amount=AMOUNTS, shard=SHARDS)
    def holds_points_by_alias(self, signer: str, alias: bytes, amount: int, shard: int) -> None:
        body = Authorize(MemberName(alias=alias), amount, T0_US, 1)
        self.ask_shard(signer, shard, 0, f"holds {amount} points by {alias.decode()}", body)

    @precondition(lambda self: self.holds)
    @rule(ago=st.integers(0, 3), amount=AMOUNTS, other=HOLDERS, astray=ASTRAY, lag=LAGS)
    def captures(self, ago: int, amount: int, other: str | None, astray: bool, lag: int) -> None:
        at, partner, act_id, shard = self._hold(ago, astray)
        body = Capture(act_id, amount, T0_US + ago)
        self.ask_shard(other or partner, shard, lag, f"captures {amount} points of hold {at}", body)

    @precondition(lambda self: self.holds)
    @rule(ago=st.integers(0, 3), other=HOLDERS, astray=ASTRAY)
    def voids(self, ago: int, other: str | None, astray: bool) -> None:
        at, partner, act_id, shard = self._hold(ago, astray)
        self.ask_shard(other or partner, shard, 0, f"voids hold {at}", Void(act_id, T0_US + ago))

    @rule(minutes=st.integers(1, 3), shard=SHARDS, sweeps=st.booleans())
    def minutes_pass(self, minutes: int, shard: int, sweeps: bool) -> None:
        self.both.now_us += minutes * MINUTE_US
        lapsed = self.both.sweep(shard) if sweeps else 0
        note(f"{minutes} minutes pass; then {lapsed} holds lapse in shard {shard}")

    def _hold(self, ago: int, astray: bool) -> tuple[int, str, str, int]:
        at = max(0, len(self.holds) - 1 - ago)
        partner, act_id, shard = self.holds[at]
        return at, partner, act_id, 3 - shard if astray else shard
