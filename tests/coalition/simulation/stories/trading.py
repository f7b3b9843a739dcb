"""Acts on members and their points."""

from collections.abc import Iterable

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from settlement.clock import HOUR_US
from settlement.house.acts import AgreeToFund
from settlement.ledger.acts import ON_EVENT_US, Enrol, Issue, LinkAlias, MemberName, Redeem, Release, Reverse
from tests.coalition.simulation.stories.telling import (
    ALIASES,
    AMOUNT_MAX,
    AMOUNTS,
    ASTRAY,
    CAMPAIGNS,
    CENT_MICROS,
    FOUNDERS,
    FULL,
    LAGS,
    MEMBERS,
    PARTS,
    SHARDS,
    TRADERS,
    Telling,
)
from tests.support.pure_acts import T0_US, fresh_id


class Trading(Telling):
    """Partners, and the members that they share."""

    @rule(signer=TRADERS, shard=SHARDS, aliases=st.lists(ALIASES, max_size=2, unique=True), lag=LAGS)
    def enrols(self, signer: str, shard: int, aliases: Iterable[bytes], lag: int) -> None:
        member = fresh_id()
        words = " and ".join(alias.decode() for alias in aliases) or "no alias"
        sentence = f"enrols member {len(self.members)} with {words}"
        self.ask_shard(signer, shard, lag, sentence, Enrol(member, tuple(aliases)))
        if self.both.model.shard_of(member) == shard:
            self.members.append((member, shard))

    @rule(signer=TRADERS, number=MEMBERS, alias=ALIASES, astray=ASTRAY, lag=LAGS)
    def links(self, signer: str, number: int, alias: bytes, astray: bool, lag: int) -> None:
        member, home = self.member(number)
        body, shard = LinkAlias(member, alias), 3 - home if astray else home
        self.ask_shard(signer, shard, lag, f"links {alias.decode()} to member {number}", body)

    @rule(signer=TRADERS, number=MEMBERS, amount=AMOUNTS | FULL, astray=ASTRAY, lag=LAGS)
    def issues(self, signer: str, number: int, amount: int, astray: bool, lag: int) -> None:
        member, home = self.member(number)
        tariffs = self.both.house.tariffs.values()
        dearest = max(CENT_MICROS, *[max(tariff.price_micros, tariff.fee_micros) for tariff in tariffs])
        if amount * dearest >= 2**63:
            amount = AMOUNT_MAX  # what passes no door need not fit a posting of money
        body, shard = Issue(MemberName(member), amount, T0_US + amount), 3 - home if astray else home
        self.ask_shard(signer, shard, lag, f"issues {amount} points to member {number}", body)

    @rule(signer=TRADERS, number=MEMBERS, amount=AMOUNTS, hours=st.integers(-1, 60) | st.none())
    def issues_pending_points(self, signer: str, number: int, amount: int, hours: int | None) -> None:
        member, shard = self.member(number)
        until_us = ON_EVENT_US if hours is None else self.both.now_us + hours * HOUR_US
        body = Issue(MemberName(member), amount, T0_US, until_us)
        when = "an event" if hours is None else f"{hours} hours from now"
        self.ask_shard(
            signer, shard, 0, f"issues {amount} points to member {number}, pending until {when}", body
        )

    @rule(signer=TRADERS, number=MEMBERS, amount=AMOUNTS, campaign=CAMPAIGNS, waits=ASTRAY, lag=LAGS)
    def issues_for_a_campaign(
        self, signer: str, number: int, amount: int, campaign: str, waits: bool, lag: int
    ) -> None:
        member, shard = self.member(number)
        body = Issue(MemberName(member), amount, T0_US, ON_EVENT_US if waits else None, campaign)
        self.ask_shard(signer, shard, lag, f"issues {amount} points to member {number} for {campaign}", body)

    @rule(
        number=MEMBERS,
        amount=AMOUNTS,
        spends=st.integers(0, 4),
        regrets=st.lists(PARTS, max_size=3),
        waits=ASTRAY,
    )
    def a_campaign_is_funded_issued_for_and_regretted(
        self, number: int, amount: int, spends: int, regrets: list[int], waits: bool
    ) -> None:
        """By bakery and acme, and some of it spent in between: what drawn acts alone seldom reach."""
        until_us = self.both.now_us + 10_000 * HOUR_US
        self.ask_house(
            "bakery", "funds a third of spring of acme", AgreeToFund("acme", "spring", 3_333, until_us)
        )
        self.issues_for_a_campaign("acme", number, amount, "spring", waits, 0)
        if spends:
            self.redeems("bakery", number, max(1, amount * spends // 4), False, 0)
        for points in regrets:
            self.reverses(1 if spends else 0, points, None, False)

    @precondition(lambda self: self.done)
    @rule(ago=st.integers(0, 3), astray=ASTRAY)
    def releases(self, ago: int, astray: bool) -> None:
        at = max(0, len(self.done) - 1 - ago)
        partner, act_id, shard = self.done[at]
        place = 3 - shard if astray else shard
        self.ask_shard(partner, place, 0, f"releases the points of act {at}", Release(act_id, T0_US))

    @rule(days=st.sampled_from([0, 1, 3, 29, 31, 60, 400]))
    def days_pass(self, days: int) -> None:
        self.both.pass_time(days)
        note(f"{days} days pass")

    @rule(shard=SHARDS)
    def the_worker_sweeps(self, shard: int) -> None:
        note(f"the worker sees to shard {shard}: {', '.join(self.both.see_to(shard)) or 'nothing is due'}")

    @rule(signer=TRADERS, number=MEMBERS, amount=AMOUNTS, astray=ASTRAY, lag=LAGS)
    def redeems(self, signer: str, number: int, amount: int, astray: bool, lag: int) -> None:
        member, home = self.member(number)
        body, shard = Redeem(MemberName(member), amount, T0_US - amount), 3 - home if astray else home
        self.ask_shard(signer, shard, lag, f"redeems {amount} points of member {number}", body)

    @rule(signer=TRADERS, alias=ALIASES, amount=AMOUNTS, shard=SHARDS, spends=st.booleans())
    def names_a_member_by_alias(
        self, signer: str, alias: bytes, amount: int, shard: int, spends: bool
    ) -> None:
        name = MemberName(alias=alias)
        body = Redeem(name, amount, T0_US) if spends else Issue(name, amount, T0_US)
        sentence = f"{'redeems' if spends else 'issues'} {amount} points by {alias.decode()}"
        self.ask_shard(signer, shard, 0, sentence, body)

    @rule(
        giver=TRADERS,
        taker=TRADERS,
        number=MEMBERS,
        amount=AMOUNTS,
        part=st.integers(1, 3),
        regrets=st.lists(st.tuples(st.integers(0, 1), PARTS), max_size=3),
    )
    def a_member_gathers_and_spends(
        self, giver: str, taker: str, number: int, amount: int, part: int, regrets: list[tuple[int, int]]
    ) -> None:
        """And either act, or both, are reversed, whole or in parts: what drawn acts alone seldom reach."""
        self.issues(giver, number, amount, False, 0)
        self.redeems(taker, number, max(1, amount // part), False, 0)
        for ago, points in regrets:
            self.reverses(ago, points, None, False)

    @rule(
        giver=TRADERS,
        others=st.lists(TRADERS, min_size=1, max_size=3),
        number=MEMBERS,
        amount=AMOUNTS,
        points=PARTS,
    )
    def goods_come_back_after_their_points_are_spent(
        self, giver: str, others: list[str], number: int, amount: int, points: int
    ) -> None:
        """The member comes to owe the points, and what others give repays them."""
        self.a_member_gathers_and_spends(giver, others[0], number, amount, 1, [(1, points)])
        for other in others:
            self.issues(other, number, max(1, amount // 2), False, 0)

    @precondition(lambda self: self.done)
    @rule(ago=st.integers(0, 5), points=PARTS, other=st.sampled_from([None] * 7 + ["bakery"]), astray=ASTRAY)
    def reverses(self, ago: int, points: int, other: str | None, astray: bool) -> None:
        at = max(0, len(self.done) - 1 - ago)
        partner, act_id, shard = self.done[at]
        place = 3 - shard if astray else shard
        sentence = f"reverses {points or 'all'} points of act {at} of issues and redemptions"
        self.ask_shard(other or partner, place, 0, sentence, Reverse(act_id, T0_US + ago, points))

    @precondition(lambda self: not self.wallets_are_full_of_lots)
    @rule(number=st.integers(0, 1), lots=st.integers(199, 201), spends=st.booleans())
    def a_wallet_fills_with_lots(self, number: int, lots: int, spends: bool) -> None:
        self.wallets_are_full_of_lots = True
        member, shard = self.member(number)
        for at in range(lots):
            self.both.ask(
                FOUNDERS[at % 2],
                Issue(MemberName(member), 1, T0_US, asset=self.asset),
                partner=FOUNDERS[at % 2],
                shard=shard,
            )
        note(f"acme and bakery issue one point {lots} times to member {number} in shard {shard}")
        balance = self.both.model.balance(member, self.asset)
        if spends and balance:
            self.redeems("acme", number, min(balance, AMOUNT_MAX), False, 0)
