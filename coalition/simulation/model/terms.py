"""What is put to the model, what it answers, and the few bounds and spellings that the pages in docs/ fix.

The bounds are written out once more on purpose: a slip in the engine's must not be a slip here.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from settlement.errors import CoalitionError

HOUSE = 0
MINUTE_US = 60 * 1_000_000
WALLET_MAX = 1_000_000_000_000_000
OWED_MAX = 1_000_000_000_000_000
LOTS_MAX = 200
HOUR_US = 3_600 * 1_000_000
DAY_US = 24 * HOUR_US
REPAYMENTS_MAX = 8
WHOLE, SHARES_MAX, FUNDERS_MAX = 10_000, 9_999, 32
"""Of the shares of a co-funded campaign: all, the most that its funders bear, and how many they may be."""
PARTNERS_MAX = 800
SETTLEMENT_BYTES_MAX = 64_000
LINE_BYTES = 60
"""A participant's line in a settlement, without the two places where its id stands."""
REQUEST_KEYS_MAX = 2
DEVICES_MAX = 5
LOST_CODES_MAX = 100
OPERATOR_KEYS_LEAST = {"request": 1, "approver": 2}
PROPOSAL_LIFE_US = 72 * HOUR_US
MONEY_MAX_MICROS = 9_223_372_036_854_775_807
MICROS_PER_UNIT = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Line = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands: the facts in its leaf's first lines. `time_us` is in microseconds since 1970."""

    shard: int
    index: int
    house: int
    time_us: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a partner asked for. `body` is one of the acts; the member of an `Enrol` is the id that the engine drew."""

    partner: str
    keyid: str
    act_id: str
    body: object


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the entry of an act must say.

    `lines`: every line of its leaf after `kind`, in order, but for `partner`, `act`, `request` and `sig`.
    `member`, `balance_after`: whom it was about, and the spendable points after it; None where it names nobody known.
    """

    refusal: str | None
    lines: tuple[Line, ...]
    member: str | None
    balance_after: int | None


@dataclass(frozen=True, slots=True)
class FoundingKey:
    """A key that the founding entry names. `person` is given for approver keys only."""

    keyid: str
    algorithm: str
    purpose: str
    owner: str
    person: str | None
    spki: bytes


@dataclass(frozen=True, slots=True)
class CycleFigures:
    """What a correct proposal of a cycle says, in minor units. `nets`: positive pays; in order of participant."""

    gross: int
    bilateral: int
    multilateral: int
    nets: dict[str, int]


@dataclass(frozen=True, slots=True)
class Post:
    """One amount from a debit account to a credit account."""

    debit: str
    credit: str
    asset: str
    amount: int

    def spelled(self) -> str:
        """The value of its `post` line."""
        return f"{self.debit} {self.credit} {self.asset} {self.amount}"


@dataclass(slots=True)
class Answer:
    """What a rule says of one act. `about`: the leaf's lines on what was asked; `lots`, `arrears`: the values of those lines.

    `tariff`: the house entry of the tariff that the postings rest on. `until_us`: when the hold that it makes runs out.
    """

    refusal: str | None
    about: list[Line]
    posts: list[Post] = field(default_factory=list)
    lots: list[str] = field(default_factory=list)
    member: str | None = None
    balance_after: int | None = None
    tariff: int | None = None
    until_us: int | None = None
    arrears: list[str] = field(default_factory=list)

    def lines(self) -> tuple[Line, ...]:
        """The lines in the order of the leaf."""
        posts = [("post", post.spelled()) for post in self.posts]
        result = "ok" if self.refusal is None else f"refused {self.refusal}"
        tariff = [] if self.tariff is None else [("tariff", str(self.tariff))]
        until = [] if self.until_us is None else [("until", spell_time(self.until_us))]
        lots = [("lot", lot) for lot in self.lots] + [("arrear", arrear) for arrear in self.arrears]
        return (*self.about, *tariff, *until, *posts, *lots, ("result", result))

    def lines_of_engine(self) -> tuple[Line, ...]:
        """The same of an entry that nobody asked for: it has no result."""
        return self.lines()[:-1]


class ModelError(CoalitionError):
    """No such entry is allowed at this place. `reason` is the engine's own where it answers with an error.

    CUT_MISSING, NO_CUT_DUE, NO_LAPSE_DUE, NO_ARRIVAL_DUE, NOTHING_DUE, NO_TARIFF_DUE, OPENING_NOT_DUE, OUT_OF_PLACE and
    MEMBER_EXISTS name
    entries that the engine must never write.
    """


def spell_time(time_us: int) -> str:
    """UTC with six decimals, as every time in a leaf."""
    moment = _EPOCH + timedelta(microseconds=time_us)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
