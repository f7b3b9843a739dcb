"""What the demo will do, and what the books must then say: the demo's independent judge.

Pure, and deliberately sharing no code with the `settlement` package: the acts are planned, points are
followed lot by lot, and debts are netted here a second time, in the plainest way, so that a fault in the
engine meets another opinion.

Rules of the replay, per basket, at its store, in the order of the baskets:
1. if the member's balance is at least 200 points, redeem min(balance, basket cents) rounded down to a
   multiple of 100;
2. then issue basket cents // 100 points;
an act of no points is left out. Points never expire. A redemption consumes the member's oldest lots first;
the partner that issued a lot funds it. A point is worth one cent: its funder owes that to the redeeming
partner unless they are the same, or the pool's fund does (`debts`). A debt belongs to the calendar month
(UTC) of the act that made it.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from coalition.cli.demo.baskets import Basket
from coalition.cli.demo.debts import Debts, Lot, Prices

REDEEM_FROM_BALANCE_POINTS = 200
REDEEM_STEP_POINTS = 100
CENTS_PER_ISSUED_POINT = 100
ACT_NAMESPACE = UUID("6f1f3d0a-3c0e-5b5e-9d55-0b7c1c6f4a21")

Obligations = Mapping[tuple[str, str], int]
"""(debtor, creditor) -> cents owed, never to oneself; zero where only a fraction of a cent accrued."""


class Kind(StrEnum):
    """What an act does to the member's balance."""

    ISSUE = "issue"
    REDEEM = "redeem"


@dataclass(frozen=True, slots=True)
class PlannedAct:
    """One signed call that the replay will make."""

    act_id: UUID
    kind: Kind
    month: str
    """Calendar month of `occurred_at`, "YYYY-MM"."""
    partner: str
    member: int
    """The household's id."""
    points: int
    occurred_at: datetime
    """UTC."""
    balance_after: int
    """The member's points once this act is recorded."""


@dataclass(frozen=True, slots=True)
class MonthPlan:
    """One calendar month: its acts in order and what its cycle must come to."""

    month: str
    baskets: int
    acts: tuple[PlannedAct, ...]
    obligations: Obligations

    @property
    def gross_cents(self) -> int:
        """Every debt paid in full."""
        return sum(self.obligations.values())

    @property
    def bilateral_cents(self) -> int:
        """Each pair of partners pays only the difference of its two debts."""
        return sum(
            max(cents - self.obligations.get((creditor, debtor), 0), 0)
            for (debtor, creditor), cents in self.obligations.items()
        )

    @property
    def multilateral_cents(self) -> int:
        """Each participant pays, or is paid, one amount: the sum of what net debtors pay."""
        return sum(cents for cents in self.net_debt_cents().values() if cents > 0)

    def net_debt_cents(self) -> dict[str, int]:
        """What each partner with a debt or a claim owes in all (negative: is owed); the sum is zero."""
        net: Counter[str] = Counter()
        for (debtor, creditor), cents in self.obligations.items():
            net[debtor] += cents
            net[creditor] -= cents
        return dict(net)


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """The whole replay: months in order, and what must be true at the end."""

    months: tuple[MonthPlan, ...]
    members: frozenset[int]
    """Every household of the baskets, even one without an act."""
    partners: frozenset[str]
    """Every store of the baskets, even one without an act."""
    open_lots: Mapping[int, tuple[Lot, ...]]
    """member -> unspent lots, oldest first; only members with points."""
    prices: Prices = field(default_factory=Prices)

    @property
    def baskets(self) -> int:
        """How many baskets are replayed."""
        return sum(month.baskets for month in self.months)

    @property
    def issues(self) -> int:
        """How many acts issue points."""
        return sum(1 for _ in self.acts(Kind.ISSUE))

    @property
    def redemptions(self) -> int:
        """How many acts redeem points."""
        return sum(1 for _ in self.acts(Kind.REDEEM))

    @property
    def points_issued(self) -> int:
        """Points of all issues."""
        return sum(act.points for act in self.acts(Kind.ISSUE))

    @property
    def points_redeemed(self) -> int:
        """Points of all redemptions."""
        return sum(act.points for act in self.acts(Kind.REDEEM))

    @property
    def points_outstanding(self) -> int:
        """Points still in members' wallets, counted from the lots."""
        return sum(lot.points for lots in self.open_lots.values() for lot in lots)

    def operator_micros(self) -> dict[str, int]:
        """What the operator's own accounts must hold at the end; a negative spread is a loss."""
        prices = self.prices
        held = {
            "fund": self.points_outstanding * prices.price,
            "fee-income": self.points_issued * prices.fee,
            "vat": 0,
            "spread": self.points_redeemed * (prices.price - prices.point),
            "breakage": 0,
        }
        return held if prices.fund is not None else {}

    def acts(self, kind: Kind | None = None) -> Iterator[PlannedAct]:
        """All acts in order, or those of one kind."""
        return (act for month in self.months for act in month.acts if kind in (None, act.kind))


def partner_name(store_id: int) -> str:
    """The partner that stands for a store."""
    return f"store-{store_id}"


def act_id(*, network: str, basket_id: int, kind: Kind) -> UUID:
    """The act's id, the same in every run (UUIDv5, RFC 9562 section 5.5).

    A replay started again therefore repeats its acts instead of adding to them.
    """
    return uuid5(ACT_NAMESPACE, f"{network}/{basket_id}/{kind}")


def plan_replay(baskets: Iterable[Basket], *, network: str, prices: Prices | None = None) -> ReplayPlan:
    """Plan the acts of `baskets` and the debts that they make. Without `prices` a point is worth a cent, bilaterally.

    Raises ValueError unless the baskets are strictly ordered by (timestamp, basket_id): a member's first
    lot could otherwise not be taken for the oldest.
    """
    months: dict[tuple[int, int], _Month] = {}
    wallets: defaultdict[int, _Wallet] = defaultdict(_Wallet)
    partners: set[str] = set()
    debts = Debts(prices or Prices())
    for basket in _in_order(baskets):
        year_month = (basket.timestamp.year, basket.timestamp.month)
        month = months.get(year_month)
        if month is None:
            _end_newest(months, debts)
            month = months[year_month] = _Month(f"{basket.timestamp:%Y-%m}")
        partners.add(partner_name(basket.store_id))
        month.replay(basket, wallets[basket.household_id], debts, network=network)
    _end_newest(months, debts)
    return ReplayPlan(
        months=tuple(
            MonthPlan(month.name, month.baskets, tuple(month.acts), month.obligations)
            for month in months.values()
        ),
        members=frozenset(wallets),
        partners=frozenset(partners),
        open_lots={member: tuple(wallet.lots) for member, wallet in wallets.items() if wallet.lots},
        prices=debts.prices,
    )


def _end_newest(months: "dict[tuple[int, int], _Month]", debts: Debts) -> None:
    for month in list(months.values())[-1:]:
        month.obligations = debts.end_month()


def _in_order(baskets: Iterable[Basket]) -> Iterator[Basket]:
    previous: Basket | None = None
    for basket in baskets:
        if previous and (previous.timestamp, previous.basket_id) >= (basket.timestamp, basket.basket_id):
            raise ValueError(f"basket {basket.basket_id} is not later than {previous.basket_id}, before it")
        previous = basket
        yield basket


@dataclass(slots=True)
class _Wallet:
    """A member's unspent lots, oldest first."""

    balance: int = 0
    lots: deque[Lot] = field(default_factory=deque)

    def issue(self, funder: str, points: int) -> None:
        self.lots.append(Lot(funder, points))
        self.balance += points

    def redeem(self, points: int) -> list[Lot]:
        """Take `points` from the oldest lots; return the slices taken."""
        slices = []
        self.balance -= points
        while points:
            lot = self.lots.popleft()
            taken = min(lot.points, points)
            if taken < lot.points:
                self.lots.appendleft(Lot(lot.funder, lot.points - taken))
            slices.append(Lot(lot.funder, taken))
            points -= taken
        return slices


@dataclass(slots=True)
class _Month:
    """A month while it is being planned."""

    name: str
    baskets: int = 0
    acts: list[PlannedAct] = field(default_factory=list)
    obligations: dict[tuple[str, str], int] = field(default_factory=dict)

    def replay(self, basket: Basket, wallet: _Wallet, debts: Debts, *, network: str) -> None:
        """Add the acts of one basket: first what it redeems, then what it earns."""
        self.baskets += 1
        partner = partner_name(basket.store_id)
        spent = _points_to_redeem(balance=wallet.balance, basket_cents=basket.cents)
        if spent > 0:
            debts.redeem(partner, wallet.redeem(spent))
            self._add(basket, Kind.REDEEM, spent, wallet, network=network)
        earned = basket.cents // CENTS_PER_ISSUED_POINT
        if earned > 0:
            wallet.issue(partner, earned)
            debts.issue(partner, earned)
            self._add(basket, Kind.ISSUE, earned, wallet, network=network)

    def _add(self, basket: Basket, kind: Kind, points: int, wallet: _Wallet, *, network: str) -> None:
        self.acts.append(
            PlannedAct(
                act_id=act_id(network=network, basket_id=basket.basket_id, kind=kind),
                kind=kind,
                month=self.name,
                partner=partner_name(basket.store_id),
                member=basket.household_id,
                points=points,
                occurred_at=basket.timestamp,
                balance_after=wallet.balance,
            )
        )


def _points_to_redeem(*, balance: int, basket_cents: int) -> int:
    if balance < REDEEM_FROM_BALANCE_POINTS:
        return 0
    payable = min(balance, basket_cents)
    return payable - payable % REDEEM_STEP_POINTS
