"""What acts on points cost and earn: docs/ledger.md, "Money of points". Account by account, as the page's table has it."""

from collections.abc import Sequence

from coalition.simulation.model.tariffs import Tariff
from coalition.simulation.model.terms import Post

Part = tuple[str, int, Tariff]
"""Points of one lot: its funder, how many, and the tariff under which they were issued."""


class Prices:
    """The money of a network in one settlement model."""

    def __init__(self, model: str, currency: str) -> None:
        self.is_pool = model == "pool"
        self._currency = currency

    def of_issue(self, issuer: str, points: int, tariff: Tariff) -> list[Post]:
        """An issuer pays the fund, in the pool, and the fee."""
        posts = []
        if self.is_pool:
            posts += self._post(f"position:{issuer}", "fund", points * tariff.terms.price_micros)
        return posts + self._post(f"position:{issuer}", "fee-income", points * tariff.terms.fee_micros)

    def of_redemption(self, redeemer: str, parts: Sequence[Part], tariff: Tariff) -> list[Post]:
        """A redeemer is paid, by the fund or by each funder, and pays each funder."""
        here = f"position:{redeemer}"
        funders = [funder for funder in dict.fromkeys(part[0] for part in parts) if funder != redeemer]
        points = {funder: sum(part[1] for part in parts if part[0] == funder) for funder in funders}
        posts = []
        if self.is_pool:
            paid = sum(part[1] for part in parts) * tariff.terms.rate_micros
            left = sum(quantity * own.terms.price_micros for _, quantity, own in parts) - paid
            posts += self._post("fund", here, paid)
            posts += self._post("fund", "spread", left) + self._post("spread", "fund", -left)
        else:
            for funder in funders:
                posts += self._post(f"position:{funder}", here, points[funder] * tariff.terms.rate_micros)
        for funder in funders:
            posts += self._post(here, f"position:{funder}", points[funder] * tariff.terms.interchange_micros)
        return posts

    def of_transfer(self, asker: str, points: int, tariff: Tariff) -> list[Post]:
        """Whoever asks for points to go from one member to another pays the operator's fee."""
        return self._post(f"position:{asker}", "fee-income", points * tariff.terms.transfer_fee_micros)

    def of_expiry(self, parts: Sequence[Part]) -> list[Post]:
        """In the pool each funder gets a part of what it paid, and the rest is breakage."""
        if not self.is_pool:
            return []
        paid, posts = sum(quantity * own.terms.price_micros for _, quantity, own in parts), []
        for funder in dict.fromkeys(part[0] for part in parts):
            back = sum(self.rebate(quantity, own) for name, quantity, own in parts if name == funder)
            posts += self._post("fund", f"position:{funder}", back)
            paid -= back
        return posts + self._post("fund", "breakage", paid)

    def rebate(self, points: int, tariff: Tariff) -> int:
        """What an issuer gets back for points of one lot that expire; a fraction of a micro stays behind."""
        return points * tariff.terms.price_micros * tariff.terms.rebate_basis_points // 10_000

    def of_repayment(
        self, creditor: str, taken: Sequence[Part], owed: Sequence[Part], tariff: Tariff
    ) -> list[Post]:
        """Points repay as many others: their funders pay the creditor; in the pool the fund evens out their prices."""
        if self.is_pool:
            more = sum(quantity * own.terms.price_micros for _, quantity, own in taken)
            more -= sum(quantity * own.terms.price_micros for _, quantity, own in owed)
            return self._post("fund", "spread", more) + self._post("spread", "fund", -more)
        posts = []
        for funder in dict.fromkeys(part[0] for part in taken if part[0] != creditor):
            points = sum(part[1] for part in taken if part[0] == funder)
            micros = points * tariff.terms.rate_micros
            posts += self._post(f"position:{funder}", f"position:{creditor}", micros)
        return posts

    def _post(self, debit: str, credit: str, micros: int) -> list[Post]:
        return [Post(debit, credit, self._currency, micros)] if micros > 0 else []


def inverses(posts: list[Post]) -> list[Post]:
    """What undoes postings."""
    return [Post(post.credit, post.debit, post.asset, post.amount) for post in posts]
