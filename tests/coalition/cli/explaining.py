"""How an amount of a statement is explained at the command line, in the books on the machine and over the wire."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.command import Ran, run


def explain_an_amount(data: Path, ask: Callable[..., Ran]) -> None:
    """Each level adds up to the figure above it, and ends with what a company signed; the partner is told the same."""
    words = ("statement", "explain", 1, "--partner", "bakery")

    def explained(*more: object) -> Any:
        found = run(*words, *more, "--json", data=data).document
        assert ask(*words, *more, "--as", "bakery", "--json").document == found
        return found

    net = explained()
    assert net["net"] == "2.00"
    [line] = net["counterparties"]
    pair = explained("--counterparty", line["counterparty"])
    for side in ("owes", "owed"):
        amounts = [Decimal(each["amount"]) for each in pair["postings"] if each["side"] == side]
        assert sum(amounts) == Decimal(pair[side]) == Decimal(line[side])
    place = next(each["entry"] for each in pair["postings"] if each["entry"])
    signed = run(*words, "--entry", place, "--json", data=data).document
    assert (signed["signature"], signed["key"], signed["partner"]) == ("genuine", "good", "cinema")
    assert signed["request"]["header"]["request_id"] == signed["act_id"]
    for shown in (
        run(*words, "--counterparty", line["counterparty"], data=data),
        ask(*words[:3], "--as", "bakery", "--counterparty", line["counterparty"]),
    ):
        assert place in shown.out
        assert f"--entry {place}" in shown.err
    explain_what_was_signed(ask, place, signed)


def explain_what_was_signed(ask: Callable[..., Ran], place: str, signed: Any) -> None:
    """Over the wire whoever signed sees it verified, with the receipt; who owes by it sees who signed; others see nothing."""
    words = ("statement", "explain", 1, "--entry", place)
    own = ask(*words, "--as", "cinema", "--json").document
    assert own == signed | {"receipt": "genuine, for this leaf"}
    others = ask(*words, "--as", "bakery", "--json").document
    assert (others["request"], others["key"], others["postings"]) == (None, "good", own["postings"])
    assert "cinema keeps what it signed" in others["signature"]
    assert "error ENTRY_NOT_FOUND" in ask(*words[:-1], "0:0", "--as", "bakery", code=1).err
