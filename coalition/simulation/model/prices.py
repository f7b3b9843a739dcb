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

    def _post(self, debit: str, credit: str, micros: int) -> list[Post]:
        return [Post(debit, credit, self._currency, micros)] if micros > 0 else []
