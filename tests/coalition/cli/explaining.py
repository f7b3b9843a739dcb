"""`coalition statement explain`, level by level: by the operator's own books, and over the wire."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.command import Ran, run


class Explaining:
    """Somebody goes down from a statement. `ask`: runs a command that speaks to the server."""

    def __init__(self, data: Path, ask: Callable[..., Ran]) -> None:
        self._data = data
        self._ask = ask

    def explain_an_amount(self) -> None:
        """Each level adds up to the figure above it, and ends with what a company signed."""
        words = ("statement", "explain", 1, "--partner", "bakery")
        net = self.explained(*words)
        assert net["net"] == "2.00"
        [line] = net["counterparties"]
        pair = self.explained(*words, "--counterparty", line["counterparty"])
        for side in ("owes", "owed"):
            amounts = [Decimal(each["amount"]) for each in pair["postings"] if each["side"] == side]
            assert sum(amounts) == Decimal(pair[side]) == Decimal(line[side])
        place = next(each["entry"] for each in pair["postings"] if each["entry"])
        self.explain_what_was_signed(place)
        shown = run(*words, "--counterparty", line["counterparty"], data=self._data)
        assert place in shown.out
        assert f"--entry {place}" in shown.err
        signed = run(*words, "--entry", place, "--json", data=self._data).document
        assert (signed["signature"], signed["key"], signed["partner"]) == ("genuine", "good", "cinema")

    def explained(self, *words: object) -> Any:
        """What the books on this machine say, which is what the partner is told over the wire."""
        found = run(*words, "--json", data=self._data).document
        asked = [word for word in words if word not in ("--partner", "bakery")]
        assert self._ask(*asked, "--as", "bakery", "--json").document == found
        return found

    def explain_what_was_signed(self, place: str) -> None:
        """Whoever signed sees it verified, with the receipt; who owes by it sees who signed."""
        words = ("statement", "explain", 1, "--entry", place)
        own = self._ask(*words, "--as", "cinema", "--json").document
        local = run(*words, "--partner", "cinema", "--json", data=self._data).document
        assert own == local | {"receipt": "genuine, for this leaf"}
        assert own["request"]["header"]["request_id"] == own["act_id"]
        others = self._ask(*words, "--as", "bakery", "--json").document
        assert (others["request"], others["key"], others["postings"]) == (None, "good", own["postings"])
        assert "cinema keeps what it signed" in others["signature"]
        assert "error ENTRY_NOT_FOUND" in self._ask(*words[:-1], "0:0", "--as", "bakery", code=1).err
