"""Members who give each other points, in one shard or across two."""

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import rule

from settlement.ledger.acts import MemberName, TransferPoints
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


class Transferring(Telling):
    """Partners that ask for it, and what arrives."""

    @rule(signer=TRADERS, number=MEMBERS, other=MEMBERS, amount=AMOUNTS, astray=ASTRAY, lag=LAGS)
    def transfers(self, signer: str, number: int, other: int, amount: int, astray: bool, lag: int) -> None:
        (member, home), (recipient, _) = self.member(number), self.member(other)
        body = TransferPoints(MemberName(member), MemberName(recipient), amount, T0_US)
        sentence = f"transfers {amount} points of member {number} to member {other}"
        self.ask_shard(signer, 3 - home if astray else home, lag, sentence, body)

    @rule(signer=TRADERS, number=MEMBERS, alias=ALIASES, amount=AMOUNTS)
    def transfers_by_alias(self, signer: str, number: int, alias: bytes, amount: int) -> None:
        member, shard = self.member(number)
        body = TransferPoints(MemberName(member), MemberName(alias=alias), amount, T0_US)
        sentence = f"transfers {amount} points of member {number} to {alias.decode()}"
        self.ask_shard(signer, shard, 0, sentence, body)

    @rule(shard=SHARDS)
    def what_is_on_its_way_arrives(self, shard: int) -> None:
        note(f"{self.both.arrive(shard)} transfers arrive in shard {shard}")

    @rule(signer=TRADERS, number=st.integers(0, 1), amount=AMOUNTS, hours=st.integers(0, 30))
    def points_go_and_come_back(self, signer: str, number: int, amount: int, hours: int) -> None:
        """To the other shard, and some time later back again."""
        self.transfers(signer, number, 1 - number, amount, False, 0)
        self.both.now_us += hours * 3_600_000_000
        for shard in self.both.shards:
            self.what_is_on_its_way_arrives(shard)
        self.transfers(signer, 1 - number, number, max(1, amount // 2), False, 0)
