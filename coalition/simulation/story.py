"""A story: all that will be asked and all that will go wrong, as steps made from one seed.

A step refers to earlier steps by their numbers, never by what came of them, so any part of a story is a story.
"""

from dataclasses import dataclass
from random import Random

from coalition.simulation.kinds import FOLLOWED_BY, MISCONDUCT, ON_HOUSE, SETTLED_BY, TROUBLES, drawn
from settlement.house.records import BILATERAL, POOL
from settlement.money import POINTS, VALUE

OPENING_PARTNERS, OPENING_MEMBERS = 5, 20
NO_OTHER_ALIAS = 10**9
AWAITED = "first of all"
"""The conduct of acts on which much rests: nothing else happens before they are answered."""
PARTNERS_MAX, ACTS_A_CYCLE = 24, 1_200
ENDING_KEY = "key about to end"
"""The conduct of who signs with its oldest key, at the moment at which that is revoked."""
OF_OPERATOR = 6
"""The amount, but for multiples of 7, by which an account at a bank is the operator's own."""
VALUE_EVERY = 7
"""Of so many acts on what members have one is on value."""
WEEKS_PASS = 0.001
"""How often, beside all that goes wrong, nobody does anything until some points expire."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens, at so many virtual seconds.

    `who`: which partner or process; `member`: the step that enrolled the member; `other`: the step meant by a reversal, the end
    of a hold, a second sending or a reused id, or that enrolled the recipient of a transfer; `conduct`: how it is done, "" for
    honestly; `asset`: of which the amount is.
    """

    number: int
    at: float
    kind: str
    who: int = 0
    member: int = 0
    other: int = 0
    amount: int = 0
    conduct: str = ""
    asset: str = POINTS

    @property
    def waits(self) -> str:
        """How long points stay pending that the step issues: not at all, `until` some time, or for an `event`."""
        return {3: "until", 7: "event"}.get(self.number % 16, "") if self.kind == "issue" else ""

    @property
    def campaign(self) -> str:
        """The campaign of the points that the step issues; empty: none. Only the first partners have campaigns."""
        if self.kind != "issue" or self.who >= OPENING_PARTNERS:
            return ""
        return {2: "spring", 7: "autumn", 11: "spring"}.get(self.number % 16, "")

    @property
    def is_act(self) -> bool:
        """Whether somebody asks for something; otherwise it is trouble."""
        return self.kind not in TROUBLES


@dataclass(frozen=True, slots=True)
class Story:
    """The steps, in order of time, `pace` seconds of them lived in one. For `practice` weeks pass as its clock is set ahead."""

    seed: int
    steps: tuple[Step, ...]
    model: str
    practice: bool = False
    pace: float = 1.0


def tell(seed: int, *, acts: int, trouble: float = 0.004, model: str | None = None) -> Story:
    """The story of a seed with so many acts. `trouble`: the part of its steps at which something goes wrong.

    Without a `model` odd seeds tell of a pool, even ones of a bilateral network.
    """
    steps = tuple(_Teller(seed, trouble).steps_until(acts))
    return Story(seed, steps, model or (POOL if seed % 2 else BILATERAL))


def _asset_of(step: int) -> str:
    """What a step is about that might be about either."""
    return VALUE if (step + step // 16) % VALUE_EVERY == 0 else POINTS


class _Teller:
    def __init__(self, seed: int, trouble: float) -> None:
        self._chance = Random(f"story {seed}")  # noqa: S311 - a story must be told again from its seed
        self._trouble_part = trouble
        self._steps: list[Step] = []
        self._acts = 0
        self._course = seed
        self._now = 1.0
        self._partners = 0
        self._members: list[int] = []
        self._moves: list[int] = []
        self._holds: list[int] = []
        self._pending: list[int] = []
        self._regretted = 0

    def steps_until(self, acts: int) -> list[Step]:
        for kind in ("propose account", "approve account"):
            self._add(kind, amount=OF_OPERATOR, conduct=AWAITED)
        for _ in range(OPENING_PARTNERS):
            self._take_in_partner()
        for _ in range(OPENING_MEMBERS):
            number = self._add("enrol", who=self._some_partner(), amount=NO_OTHER_ALIAS, conduct=AWAITED)
            self._members.append(number)
        for number in range(3 * OPENING_PARTNERS):
            amount = self._chance.randrange(1_000)
            self._add("fund", who=number % OPENING_PARTNERS, amount=amount, conduct=AWAITED)
        next_close = ACTS_A_CYCLE
        while self._acts < acts:
            self._pass_time()
            if self._acts >= next_close:
                self._settle()
                next_close += ACTS_A_CYCLE
            self._something()
        return self._steps

    def _add(self, kind: str, **facts: int | str) -> int:
        number = len(self._steps)
        step = Step(number, self._now, kind, **facts)  # type: ignore[arg-type]
        self._steps.append(step)
        self._acts += step.is_act
        return number

    def _pass_time(self) -> None:
        """Mostly the acts of a moment come together."""
        chance = self._chance.random()
        if chance < 0.01:
            self._now += self._chance.expovariate(2.0)
        elif chance < 0.2:
            self._now += self._chance.expovariate(200.0)

    def _something(self) -> None:
        chance = self._chance.random()
        if self._chance.random() < self._trouble_part:
            self._trouble()
        elif chance < 0.012:
            self._house_act(self._chance.choice(ON_HOUSE))
        elif chance < 0.0125 and self._partners < PARTNERS_MAX:
            self._take_in_partner()
        elif chance > 1 - WEEKS_PASS:
            self._late_return()
        else:
            kind = drawn(self._chance)
            if kind == "enrol":
                self._enrol()
            elif kind == "reverse" and self._chance.random() < 0.2:
                self._refund()
            else:
                self._everyday(kind)

    def _trouble(self) -> None:
        self._add(
            self._chance.choice(TROUBLES),
            who=self._chance.randrange(100),
            amount=self._chance.randrange(40),
        )

    def _take_in_partner(self) -> None:
        for kind in ("register", "add key", "activate", "propose account", "approve account"):
            self._add(kind, who=self._partners, conduct=AWAITED)
        self._partners += 1

    def _enrol(self) -> None:
        alias = self._chance.randrange(40) if self._chance.random() < 0.1 else NO_OTHER_ALIAS
        self._members.append(self._add("enrol", who=self._some_partner(), amount=alias))

    def _some_partner(self) -> int:
        return self._chance.randrange(self._partners)

    def _some_member(self) -> int:
        """Some are met again and again, most now and then, a few do not exist."""
        chance = self._chance.random()
        if chance < 0.01:
            return 0
        if chance < 0.2:
            return self._members[0]
        return self._chance.choice(self._members[-60:-10] if chance < 0.7 else self._members)

    def _everyday(self, kind: str) -> None:
        step = len(self._steps)
        older = self._older(kind) or [0]
        conduct, asset = "", _asset_of(step)
        if self._chance.random() < 0.05:
            conduct = self._chance.choice(MISCONDUCT)
        elif kind in ("redeem", "transfer", "authorize") and self._chance.random() < 0.03:
            conduct = self._chance.choice(("all", "more than all"))
        elif kind in ("issue", "redeem", "transfer", "authorize") and self._chance.random() < 0.3:
            conduct = "by alias"
        elif kind == "reverse" and self._chance.random() < 0.5:
            conduct = "in part"
        other = self._chance.choice(older)
        if kind == "transfer":
            other = self._some_member()
        elif kind == "reverse":
            other = self._regretted = self._regretted if self._chance.random() < 0.4 else other
        who = self._some_partner()
        goes_back = kind in ("reverse", "capture", "void", "release") and self._steps[other].is_act
        if goes_back and self._chance.random() < 0.9:
            who = self._steps[other].who
        amount = 10**12 if self._chance.random() < 0.001 else self._chance.randint(1, 60)
        if kind == "capture" and self._chance.random() < 0.9:
            amount = self._chance.choice((self._steps[other].amount, 1 + self._steps[other].amount // 2))
        elif kind == "reverse":
            amount = self._chance.randint(1, 20)
        if kind in ("capture", "reverse") and step % 10:
            asset = self._steps[other].asset
        facts = {"who": who, "member": self._some_member(), "other": other, "amount": amount}
        self._add(kind, **facts, conduct=conduct, asset=asset)
        if kind in ("issue", "redeem", "capture"):
            self._moves.append(step)
        elif kind == "authorize":
            self._holds.append(step)
        if self._steps[step].waits:
            self._pending.append(step)

    def _older(self, kind: str) -> list[int]:
        """Earlier steps that one of this kind may mean."""
        if kind in ("capture", "void"):
            return self._holds[-20:]
        if kind == "release" and self._chance.random() < 0.8:
            return self._pending[-10:]
        return self._moves[-60:]

    def _refund(self) -> None:
        """Goods are bought, the points for them spent, the goods returned; and something else is bought. Once or twice over."""
        member, asset = self._some_member(), _asset_of(len(self._steps))
        for _ in range(self._chance.randint(1, 2)):
            giver, points = self._some_partner(), self._chance.randint(20, 60)
            bought = self._add("issue", who=giver, member=member, amount=points, asset=asset)
            self._now += 0.3
            self._add("redeem", who=self._some_partner(), member=member, conduct="all", asset=asset)
            self._now += 0.3
            conduct, part = self._chance.choice(("", "in part")), self._chance.randint(1, 20)
            self._add("reverse", who=giver, other=bought, amount=part, conduct=conduct, asset=asset)
        # What a member owes is repaid in its own asset: not by this, if it is of the other.
        asset = asset if member % 2 else _asset_of(len(self._steps))
        self._now += 0.3
        points = self._chance.randint(1, 60)
        self._add("issue", who=self._some_partner(), member=member, amount=points, asset=asset)

    def _late_return(self) -> None:
        """Goods are bought with points, and returned when such points have expired."""
        who, member = self._some_partner(), self._some_member()
        bought = self._add("redeem", who=who, member=member, amount=self._chance.randint(1, 60))
        self._now += 0.3
        self._add("weeks pass", who=who)
        self._add("reverse", who=who, other=bought)

    def _house_act(self, kind: str) -> None:
        conduct = self._chance.choice(("", "by operator", "odd"))
        self._add(kind, who=self._some_partner(), amount=self._chance.randrange(1_000), conduct=conduct)
        if kind == "revoke key":
            for _ in range(3):
                self._add(
                    "issue", who=self._steps[-1].who, member=self._some_member(), amount=1, conduct=ENDING_KEY
                )
        elif kind == "propose opening":
            self._members.append(self._steps[-1].number)  # who joins with its file
        while kind in FOLLOWED_BY:
            kind = FOLLOWED_BY[kind]
            self._now += self._chance.expovariate(1.0)
            self._add(kind, who=self._steps[-1].who, amount=self._steps[-1].amount)

    def _change_tariff(self) -> None:
        """Goods are bought and their points spent at the prices of before, and returned at those of after."""
        giver, member = self._some_partner(), self._some_member()
        bought = self._add("issue", who=giver, member=member, amount=self._chance.randint(20, 60))
        self._now += 0.3
        self._add("redeem", who=self._some_partner(), member=member, conduct="all")
        amount = self._chance.randrange(1_000)
        for kind in ("propose tariff", "approve tariff"):
            self._now += 1.0
            self._add(kind, amount=amount)
        self._now += 1.0
        self._add("reverse", who=giver, other=bought)

    def _settle(self) -> None:
        """What finance does at the end of a cycle, with whatever else happens meanwhile; then other prices, and a programme."""
        self._add("close")
        self._course += 1
        for kind in SETTLED_BY[self._course % len(SETTLED_BY)]:
            self._now += 3.0
            self._add(kind, conduct="odd" if self._chance.random() < 0.15 else "")
        self._add("confirm", conduct="odd")
        for leg in range(self._partners):
            self._now += 0.3
            self._add("confirm", who=leg)
        self._change_tariff()
        self._house_act("propose opening")
        self._house_act("cap")
        for _ in range(OPENING_PARTNERS):
            self._house_act("fund")
