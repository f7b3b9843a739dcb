"""Drawn histories of one shard: every act is decided, held against the judge, and read back from its own entry."""

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from settlement.house.records import ACTIVE, REGISTERED, SUSPENDED
from settlement.house.state import House
from settlement.journal.acts import Draft
from settlement.journal.leaf import Entry
from settlement.ledger.acts import Issue, MemberName, Redeem, Reverse
from settlement.ledger.book import Book, Original, Wallet
from settlement.ledger.decide import decide
from tests.settlement.ledger.judge import Judge
from tests.support.pure_acts import T0_US, act, as_entry, fresh_id, house_of

PARTNERS = ("acme", "bakery", "cinema")
MEMBERS = tuple(f"00000000-0000-4000-8000-00000000000{n}" for n in range(3))
STRANGER = MEMBERS[2]
SHARD = 1

Step = tuple[str, str, str, int]


def _steps(kind: str, numbers: st.SearchStrategy[int]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(kind), st.sampled_from(PARTNERS), st.sampled_from(MEMBERS), numbers)


POINTS = st.integers(1, 50)
STEPS = st.lists(
    st.one_of(
        _steps("issue", POINTS),
        _steps("issue", POINTS),
        _steps("redeem", POINTS),
        _steps("redeem", POINTS),
        _steps("reverse", st.integers(0, 60)),
        _steps("undo", st.integers(0, 60)),
        _steps("state", st.integers(0, 8)),
        _steps("tariff", st.integers(1, 9_000_000)),
    ),
    # A short history never spends, and proves nothing.
    min_size=20,
    max_size=60,
)


def pictured(book: Book) -> object:
    """All of a book that a rule may change, as plain values."""
    wallets = {
        m: (w.balance, [(lot.index, lot.remaining) for lot in w.lots]) for m, w in book.wallets.items()
    }
    return (
        wallets,
        {index: lot.remaining for index, lot in book.lots.items()},
        {name: original.reversed for name, original in book.originals.items()},
        dict(book.aliases),
        (len(book.new_lots), len(book.new_members), len(book.new_aliases), len(book.reversals)),
        {index: lot.remaining for index, lot in book.changed_lots.items()},
    )


@dataclass
class History:
    """Decides steps and holds each answer against the judge.

    `entries`: the entry of every act. `remaining`: what is left of each lot by the entries' own lines.
    """

    house: House = field(default_factory=lambda: house_of(*PARTNERS))
    book: Book = field(default_factory=lambda: Book(SHARD, wallets={m: Wallet(0) for m in MEMBERS[:2]}))
    judge: Judge = field(default_factory=lambda: Judge(set(MEMBERS[:2]), dict.fromkeys(PARTNERS, ACTIVE)))
    acts: list[tuple[str, str]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    remaining: dict[int, int] = field(default_factory=dict)
    reversals: list[tuple[int, int]] = field(default_factory=list)
    balances: dict[str, int] = field(default_factory=dict)
    owed: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def index(self) -> int:
        """The number of the next entry."""
        return len(self.entries)

    def step(self, kind: str, partner: str, member: str, number: int) -> None:
        """One act, or a change of the house."""
        if kind == "state":
            self.set_state(partner, (ACTIVE, ACTIVE, ACTIVE, REGISTERED, SUSPENDED)[number % 5])
        elif kind == "tariff":
            self.house.rate_micros = number
        else:
            self._act(kind, partner, member, number)

    def set_state(self, partner: str, state: str) -> None:
        """The house says so."""
        self.house.partners[partner] = replace(self.house.partners[partner], state=state)
        self.judge.states[partner] = state

    def _act(self, kind: str, partner: str, member: str, number: int) -> None:
        name, act_id = MemberName(member), fresh_id()
        expected: str | None
        if kind == "issue":
            body: object = Issue(name, number, T0_US)
            expected = self.judge.issue(self.index, (partner, act_id), member, number)
        elif kind == "redeem":
            body = Redeem(name, number, T0_US)
            expected = self.judge.redeem(
                self.index, (partner, act_id), member, number, self.house.rate_micros
            )
        else:
            original = self.acts[number % len(self.acts)] if self.acts else (partner, fresh_id())
            partner = original[0] if kind == "undo" else partner
            body = Reverse(original[1], T0_US)
            expected = self.judge.reverse(partner, (partner, original[1]))
        before = pictured(self.book)
        asked = act(partner, body, act_id=act_id)
        draft = decide(self.book, self.house, asked, self.index)
        assert (draft.act, draft.refusal) == (asked, expected)
        if expected is not None:
            assert pictured(self.book) == before, "a refusal changes nothing"
            assert draft.transfers == ()
        self.acts.append((partner, act_id))
        self._post(draft, body)

    def _post(self, draft: Draft, body: object) -> None:
        entry = as_entry(draft, shard=SHARD, index=self.index, house=self.house.size)
        self._check_lines(entry, draft, body)
        for post in draft.transfers:
            assert post.amount > 0
            self.balances[post.debit] = self.balances.get(post.debit, 0) - post.amount
            self.balances[post.credit] = self.balances.get(post.credit, 0) + post.amount
            if post.asset != "PTS":
                pair = (post.debit.removeprefix("position:"), post.credit.removeprefix("position:"))
                self.owed[pair] = self.owed.get(pair, 0) + post.amount
        self.entries.append(entry)
        if entry.refusal is None:
            self._follow_lots(entry)
            self._check_findable(entry, draft)

    def _check_lines(self, entry: Entry, draft: Draft, body: object) -> None:
        """The entry names the member that the act's name finds, and of a reversal what it undoes, also where a rule says no."""
        assert isinstance(body, Issue | Redeem | Reverse)
        balance = self.book.wallets[draft.member].balance if draft.member is not None else None
        assert (entry.get("member"), draft.balance_after) == (draft.member, balance)
        if not isinstance(body, Reverse):
            named = body.name.member
            assert entry.get("member") == (named if named in self.judge.members else None)
            return
        place = self.acts.index((self.acts[-1][0], body.original_act_id)) if self._undoes(body) else None
        original = None if place is None else self.entries[place]
        assert entry.get("original") == (None if place is None else f"{SHARD}:{place}")
        for line in ("member", "amount"):
            assert entry.get(line) == (None if original is None else original.get(line))
        if original is not None and draft.refusal is None:
            assert entry.transfers() == [post.inverse() for post in reversed(original.transfers())]

    def _undoes(self, body: Reverse) -> bool:
        """Whether the act that is to be undone was an accepted issue or redemption of the same partner."""
        wanted = (self.acts[-1][0], body.original_act_id)
        return wanted in [
            *[lot.act for lot in self.judge.issues],
            *[spent.act for spent in self.judge.spends],
        ]

    def _follow_lots(self, entry: Entry) -> None:
        """What an auditor makes of the lot lines, who knows nothing else."""
        slices = [value.split(" ") for value in entry.all("lot")]
        if entry.kind == "issue":
            [[word, _, quantity, expiry]] = slices
            assert (word, expiry) == ("new", "never")
            self.remaining[entry.index] = int(quantity)
            return
        undone = self.entries[int(entry.one("original")[2:])] if entry.kind == "reverse" else None
        returned = undone is not None and undone.kind == "redeem"
        for place, quantity in slices:
            shard, _, lot = place.partition(":")
            assert int(shard) == SHARD
            self.remaining[int(lot)] += int(quantity) if returned else -int(quantity)
        if returned and undone is not None:
            assert entry.all("lot") == undone.all("lot")[::-1], "lots get back last first"

    def _check_findable(self, entry: Entry, draft: Draft) -> None:
        """What a later reversal needs is kept."""
        name = (entry.one("partner"), entry.one("act"))
        if entry.kind == "reverse":
            self.reversals.append((int(entry.one("original")[2:]), entry.index))
            return
        taken = [value.partition(":")[2].split(" ") for value in entry.all("lot")]
        slices = () if entry.kind == "issue" else tuple((int(lot), int(number)) for lot, number in taken)
        amount = int(entry.one("amount").split(" ")[1])
        expected = Original(entry.index, entry.kind, entry.one("member"), amount, draft.transfers, slices)
        assert self.book.originals[name] == expected

    def check(self) -> None:
        """Every law that must hold between two acts."""
        for member, wallet in self.book.wallets.items():
            assert wallet.balance == self.judge.balance(member) == self.balances.get(f"wallet:{member}", 0)
            assert wallet.balance == sum(lot.remaining for lot in wallet.lots)
            assert wallet.lots == sorted(wallet.lots)
            assert all(0 < lot.remaining <= lot.quantity for lot in wallet.lots)
        left = {lot.index: self.judge.remaining(lot) for lot in self.judge.issues}
        assert {index: lot.remaining for index, lot in self.book.lots.items()} == left == self.remaining
        assert self.book.reversals == self.reversals
        self._check_conserved()

    def _check_conserved(self) -> None:
        total = dict.fromkeys(("issued", "wallet", "redeemed", "position"), 0)
        for account, balance in self.balances.items():
            total[account.split(":")[0]] += balance
        assert -total["issued"] == total["wallet"] + total["redeemed"]
        assert total["position"] == 0
        judged = self.judge.owed_micros()
        for one, other in {(min(pair), max(pair)) for pair in self.owed.keys() | judged.keys()}:
            net = self.owed.get((one, other), 0) - self.owed.get((other, one), 0)
            assert net == judged.get((one, other), 0) - judged.get((other, one), 0)
