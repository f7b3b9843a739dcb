"""What acts on points cost and earn: docs/ledger.md, "Money of points". Account by account, as the page's table has it."""

from collections.abc import Sequence

from coalition.simulation.model.tariffs import Tariff
from coalition.simulation.model.terms import Post

Part = tuple[str, int, Tariff, str]
"""Points or value of one lot: its funder, how much, the tariff under which it was issued, and the asset."""
AT_FACE = ("rate_micros", "price_micros")
"""What value costs and brings, which is its face; of all else it is free."""


class Prices:
    """The money of a network in one settlement model."""

    def __init__(self, model: str, currency: str, cent_micros: int) -> None:
        """`cent_micros`: what the currency's minor unit is in micros."""
        self.is_pool = model == "pool"
        self._currency, self._cent_micros = currency, cent_micros

    def micros(self, term: str, tariff: Tariff, asset: str) -> int:
        """A term of the money of one point under a tariff, or of one minor unit of value under any."""
        if asset == "PTS":
            return int(getattr(tariff.terms, term))
        return self._cent_micros if term in AT_FACE else 0

    def price(self, parts: Sequence[Part]) -> int:
        """What the pool's fund got for all of them; without a pool nothing."""
        if not self.is_pool:
            return 0
        return sum([quantity * self.micros("price_micros", own, asset) for _, quantity, own, asset in parts])

    def of_issue(self, issuer: str, points: int, tariff: Tariff, asset: str) -> list[Post]:
        """An issuer pays the fund, in the pool, and the fee."""
        posts = []
        if self.is_pool:
            posts += self._post(f"position:{issuer}", "fund", self.price([(issuer, points, tariff, asset)]))
        return posts + self._fee(issuer, points * self.micros("fee_micros", tariff, asset), tariff)

    def of_redemption(self, redeemer: str, parts: Sequence[Part], tariff: Tariff) -> list[Post]:
        """A redeemer is paid, by the fund or by each funder, and pays each funder."""
        here = f"position:{redeemer}"
        funders = [funder for funder in dict.fromkeys(part[0] for part in parts) if funder != redeemer]
        points = {funder: sum(part[1] for part in parts if part[0] == funder) for funder in funders}
        rate, interchange = (
            self.micros(term, tariff, parts[0][3]) for term in ("rate_micros", "interchange_micros")
        )
        posts = []
        if self.is_pool:
            paid = sum(part[1] for part in parts) * rate
            left = self.price(parts) - paid
            posts += self._post("fund", here, paid)
            posts += self._post("fund", "spread", left) + self._post("spread", "fund", -left)
        else:
            for funder in funders:
                posts += self._post(f"position:{funder}", here, points[funder] * rate)
        for funder in funders:
            posts += self._post(here, f"position:{funder}", points[funder] * interchange)
        return posts

    def of_transfer(self, asker: str, points: int, tariff: Tariff, asset: str) -> list[Post]:
        """Whoever asks for points to go from one member to another pays the operator's fee."""
        return self._fee(asker, points * self.micros("transfer_fee_micros", tariff, asset), tariff)

    def tax(self, fee: int, tariff: Tariff) -> int:
        """The tax on a fee; a fraction of a micro is nobody's."""
        return fee * tariff.terms.vat_basis_points // 10_000

    def _fee(self, payer: str, fee: int, tariff: Tariff) -> list[Post]:
        taxed = self._post(f"position:{payer}", "vat", self.tax(fee, tariff))
        return self._post(f"position:{payer}", "fee-income", fee) + taxed

    def of_expiry(self, parts: Sequence[Part]) -> list[Post]:
        """In the pool each funder gets a part of what it paid, and the rest is breakage."""
        if not self.is_pool:
            return []
        paid, posts = self.price(parts), []
        for funder in dict.fromkeys(part[0] for part in parts):
            back = sum(self.rebate(part[1], *part[2:]) for part in parts if part[0] == funder)
            posts += self._post("fund", f"position:{funder}", back)
            paid -= back
        return posts + self._post("fund", "breakage", paid)

    def rebate(self, points: int, tariff: Tariff, asset: str) -> int:
        """What an issuer gets back for points of one lot that expire; a fraction of a micro stays behind. Of value nothing."""
        share = self.micros("rebate_basis_points", tariff, asset)
        return points * self.micros("price_micros", tariff, asset) * share // 10_000

    def of_repayment(
        self, creditor: str, taken: Sequence[Part], owed: Sequence[Part], tariff: Tariff
    ) -> list[Post]:
        """Points repay as many others: their funders pay the creditor; in the pool the fund evens out their prices."""
        if self.is_pool:
            more = self.price(taken) - self.price(owed)
            return self._post("fund", "spread", more) + self._post("spread", "fund", -more)
        posts = []
        for funder in dict.fromkeys(part[0] for part in taken if part[0] != creditor):
            points = sum(part[1] for part in taken if part[0] == funder)
            micros = points * self.micros("rate_micros", tariff, taken[0][3])
            posts += self._post(f"position:{funder}", f"position:{creditor}", micros)
        return posts

    def _post(self, debit: str, credit: str, micros: int) -> list[Post]:
        return [Post(debit, credit, self._currency, micros)] if micros > 0 else []


def inverses(posts: list[Post]) -> list[Post]:
    """What undoes postings."""
    return [Post(post.credit, post.debit, post.asset, post.amount) for post in posts]
