"""A cycle's figures as finance reads them: nets, and three ways of paying side by side."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from coalition.cli.currencies import minor_digits
from coalition.cli.printing import Amount, money_minor, say, show_table
from coalition.wire.settlements import parse_proposal
from settlement.clearing.netting import Figures, saving_basis_points
from settlement.money import BASIS_POINTS

BASIS_POINTS_PER_PERCENT = BASIS_POINTS // 100


class Proposed:
    """The exact bytes of a proposal, and what they say. CoalitionError PAYLOAD_MALFORMED and the like."""

    def __init__(self, proposal: bytes) -> None:
        self.proposal = proposal
        self.sha256 = sha256(proposal).hexdigest()
        message, self.figures = parse_proposal(proposal)
        self.cycle: int = message.cycle
        self.currency: str = message.currency
        self.warnings = list(message.warnings)
        self.deferred = list(message.deferred)

    def document(self) -> dict[str, object]:
        """For machines; amounts in the currency's minor unit."""
        figures = self.figures
        return {
            "cycle": self.cycle,
            "currency": self.currency,
            "gross_minor": figures.gross,
            "bilateral_minor": figures.bilateral,
            "multilateral_minor": figures.multilateral,
            "saving_basis_points": saving_basis_points(figures),
            "nets": [{"participant": name, "net_minor": net} for name, net in figures.nets.items()],
            "warnings": self.warnings,
            "deferred": self.deferred,
            "proposal_sha256": self.sha256,
        }


def show_figures(figures: Figures, *, cycle: int, currency: str, minor_digits: int) -> None:
    """Prints what a cycle comes to."""
    show_nets(figures.nets, title=f"cycle {cycle}", currency=currency, minor_digits=minor_digits)
    show_sums(figures, currency=currency, minor_digits=minor_digits)


def show_sums(figures: Figures, *, currency: str, minor_digits: int) -> None:
    """Prints three ways of paying side by side."""

    def money(amount_minor: int) -> Amount:
        return money_minor(amount_minor, currency=currency, minor_digits=minor_digits)

    saving = saving_basis_points(figures)
    whole, part = divmod(saving, BASIS_POINTS_PER_PERCENT)
    rows = [
        ("gross: every debt paid", money(figures.gross)),
        ("bilateral: each pair pays its difference", money(figures.bilateral)),
        ("multilateral: each participant pays or is paid once", money(figures.multilateral)),
        ("saving against gross", Amount(f"{whole}.{part:02} %")),
    ]
    show_table(("to be paid", "amount"), rows)


def show_nets(
    nets: Mapping[str, int],
    *,
    title: str,
    currency: str,
    minor_digits: int,
    legs: Mapping[str, tuple[str, int]] | None = None,
) -> None:
    """Prints who pays and who is paid; with `legs`, also how each leg stands, and what is left of it."""
    if not nets:
        say(f"{title}: nobody owes anything")
        return
    rows = []
    for name, net in nets.items():
        amount = money_minor(abs(net), currency=currency, minor_digits=minor_digits)
        row = [name, amount if net > 0 else Amount(""), amount if net < 0 else Amount("")]
        if legs is not None:
            state, left = legs.get(name, ("-", 0))
            row += [state, money_minor(abs(left), currency=currency, minor_digits=minor_digits)]
        rows.append(row)
    columns = ["participant", "pays", "is paid"] + (["leg", "left"] if legs is not None else [])
    show_table(columns, rows, title=title)


def show_deferred(names: Sequence[str]) -> None:
    """Prints whose nets are too small to be paid."""
    if names:
        say(
            f"too small to be paid, so settled by the operator and owed again in the open cycle: {', '.join(names)}"
        )


def show_comparison(proposed: Proposed, earlier: Sequence[Proposed]) -> None:
    """Prints a cycle's nets beside those of earlier ones, and what somebody must look at."""
    digits = minor_digits(proposed.currency)

    def net(one: Proposed, name: str) -> Amount:
        return money_minor(one.figures.nets.get(name, 0), currency=one.currency, minor_digits=digits)

    if earlier:
        cycles = [*earlier, proposed]
        names = sorted({name for one in cycles for name in one.figures.nets})
        rows = [[name, *[net(one, name) for one in cycles]] for name in names]
        show_table(
            ["participant", *[f"cycle {one.cycle}" for one in cycles]],
            rows,
            title="nets beside those of earlier cycles",
        )
    for warning in proposed.warnings:
        say(f"warning: {warning}")
