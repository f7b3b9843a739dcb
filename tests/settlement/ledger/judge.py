"""A second, slower model of the ledger's rules, written from the design and not from the code: an independent judge.

Nothing is kept but the list of accepted acts; every question is answered by going through all of them again.
"""

from dataclasses import dataclass, field


@dataclass
class Issued:
    """An accepted issue: a lot."""

    index: int
    act: tuple[str, str]
    member: str
    amount: int
    undone: bool = False


@dataclass
class Spent:
    """An accepted redemption: which lots it took how much of, at which rate."""

    index: int
    act: tuple[str, str]
    member: str
    amount: int
    slices: list[tuple[int, int]]
    rate_micros: int
    undone: bool = False


@dataclass
class Judge:
    """What must be, in the order in which it happened."""

    members: set[str]
    states: dict[str, str]
    issues: list[Issued] = field(default_factory=list)
    spends: list[Spent] = field(default_factory=list)

    def remaining(self, lot: Issued) -> int:
        """What is left of a lot."""
        used = sum(
            q for spent in self.spends if not spent.undone for index, q in spent.slices if index == lot.index
        )
        return 0 if lot.undone else lot.amount - used

    def balance(self, member: str) -> int:
        """A member's points."""
        return sum(self.remaining(lot) for lot in self.issues if lot.member == member)

    def owed_micros(self) -> dict[tuple[str, str], int]:
        """(debtor, creditor) to what is owed, all redemptions that stand, at the rates of their time."""
        funders = {lot.index: lot.act[0] for lot in self.issues}
        owed: dict[tuple[str, str], int] = {}
        for spent in self.spends:
            for index, quantity in spent.slices:
                pair = (funders[index], spent.act[0])
                if not spent.undone and pair[0] != pair[1]:
                    owed[pair] = owed.get(pair, 0) + quantity * spent.rate_micros
        return owed

    def issue(self, index: int, act: tuple[str, str], member: str, amount: int) -> str | None:
        """The refusal, or None and the lot exists."""
        refusal = self._of_partner(act[0]) or (None if member in self.members else "MEMBER_UNKNOWN")
        if refusal is None:
            self.issues.append(Issued(index, act, member, amount))
        return refusal

    def redeem(
        self, index: int, act: tuple[str, str], member: str, amount: int, rate_micros: int
    ) -> str | None:
        """The refusal, or None and the oldest lots are consumed."""
        refusal = self._of_partner(act[0]) or (None if member in self.members else "MEMBER_UNKNOWN")
        if refusal is None and self.balance(member) < amount:
            refusal = "INSUFFICIENT_POINTS"
        if refusal is not None:
            return refusal
        slices, missing = [], amount
        for lot in sorted((lot for lot in self.issues if lot.member == member), key=lambda lot: lot.index):
            taken = min(missing, self.remaining(lot))
            if taken:
                slices.append((lot.index, taken))
                missing -= taken
        self.spends.append(Spent(index, act, member, amount, slices, rate_micros))
        return None

    def reverse(self, partner: str, original: tuple[str, str]) -> str | None:
        """The refusal, or None and the original is as if it had never been."""
        refusal = self._of_partner(partner)
        known: list[Issued | Spent] = [*self.issues, *self.spends]
        found = next((one for one in known if one.act == original), None)
        if refusal is None:
            if found is None:
                refusal = "ORIGINAL_UNKNOWN"
            elif found.undone:
                refusal = "ALREADY_REVERSED"
            elif isinstance(found, Issued) and self.remaining(found) != found.amount:
                refusal = "POINTS_SPENT"
        if refusal is None and found is not None:
            found.undone = True
        return refusal

    def _of_partner(self, partner: str) -> str | None:
        return {"registered": "PARTNER_NOT_ACTIVE", "suspended": "PARTNER_SUSPENDED"}.get(
            self.states[partner]
        )
