"""How breaks end: docs/clearing.md, "Breaks"."""

from dataclasses import dataclass

from coalition.simulation.model.bank_statements import BankStatements
from coalition.simulation.model.banking import Banking
from coalition.simulation.model.keys import Keys
from coalition.simulation.model.partners import Partners
from coalition.simulation.model.settlements import Settlement, Settlements
from coalition.simulation.model.terms import PROPOSAL_LIFE_US, Answer, Line, Place, Post
from settlement.banking.acts import ApproveResolution, AssignBreak, ProposeResolution


@dataclass(slots=True)
class Proposed:
    """What one person proposed to end a break by."""

    body: ProposeResolution
    person: str
    proposed_at_us: int
    approved: bool = False


class Breaks:
    """`ended`: what stands behind each break that is over, by line; `adjusted`: participant and cents that came in."""

    def __init__(
        self, banking: Banking, settlements: Settlements, partners: Partners, currency: tuple[str, int]
    ) -> None:
        """`currency`: its code and its digits."""
        self.bank_statements = BankStatements(banking, settlements, partners.operator, currency)
        self._settlements = settlements
        self._partners = partners
        self._currency = currency[0]
        self.proposed: dict[str, Proposed] = {}
        self.ended: dict[str, str] = {}
        self.written_off = 0
        """Minor units that came in and are the operator's gain."""
        self.adjusted: list[tuple[str, int]] = []

    @property
    def open(self) -> dict[str, int]:
        """Minor units that came in, by line."""
        return self.bank_statements.breaks

    def assign(self, place: Place, keys: Keys, body: AssignBreak) -> Answer:
        """Somebody is to look after it."""
        refusal = self._state(body.line)
        people = [key.person for key in keys.live(self._partners.operator, "approver", place.house)]
        if refusal is None and body.person not in people:
            refusal = "PERSON_UNKNOWN"
        return Answer(refusal, [("break", body.line), ("person", body.person)])

    def propose(self, place: Place, person: str, body: ProposeResolution) -> Answer:
        """A break is to end."""
        about = [*_about(body), ("words", body.words), ("proposal", body.proposal_sha256)]
        refusal = self._why_not(place, body)
        if refusal is None:
            self.proposed[body.proposal_sha256] = Proposed(body, person, place.time_us)
        return Answer(refusal, about)

    def approve(self, place: Place, person: str, body: ApproveResolution) -> Answer:
        """Another person agrees, and it has ended."""
        found, end = self.proposed.get(body.proposal_sha256), ("proposal", body.proposal_sha256)
        if found is None:
            return Answer("PROPOSAL_UNKNOWN", [end])
        about = [*_about(found.body), end]
        if found.approved:
            return Answer("ALREADY_APPROVED", about)
        if place.time_us - found.proposed_at_us > PROPOSAL_LIFE_US:
            return Answer("PROPOSAL_EXPIRED", about)
        if person == found.person:
            return Answer("SAME_PERSON", about)
        refusal = self._why_not(place, found.body)
        if refusal is not None:
            return Answer(refusal, about)
        found.approved = True
        return Answer(None, about, self._end(place, found.body))

    def _why_not(self, place: Place, body: ProposeResolution) -> str | None:
        refusal, how = self._state(body.line), body.resolution
        if refusal is not None:
            return refusal
        if how.kind == "adjustment" and self._partners.state(str(how.participant), place.house) is None:
            return "PARTNER_UNKNOWN"
        if how.kind == "match":
            return self._why_no_match(self.open[body.line], how.settlement or 0, how.participant or "")
        if how.kind == "offset":
            other = how.line or ""
            refusal = self._state(other)
            if refusal is None and self.open[other] + self.open[body.line]:
                refusal = "FIGURES_DIFFER"
        return refusal

    def _state(self, line: str) -> str | None:
        if line in self.ended:
            return "ALREADY_RESOLVED"
        return None if line in self.open else "BREAK_UNKNOWN"

    def _why_no_match(self, cents: int, number: int, name: str) -> str | None:
        settlement = self._settlements.numbered(number)
        if settlement is None or not settlement.binds or name not in settlement.legs():
            return "LEG_UNKNOWN"
        if name in settlement.paid:
            return "LEG_ALREADY_PAID"
        left = settlement.unpaid().get(name)
        if left is None:
            return "LEG_DEFAULTED"
        return None if left == cents else "LEG_AMOUNT_DIFFERS"

    def _end(self, place: Place, body: ProposeResolution) -> list[Post]:
        how, cents = body.resolution, self.open.pop(body.line)
        self.ended[body.line] = how.kind
        match how.kind:
            case "write-off":
                self.written_off += cents
                return [self._post("suspense", "write-off", cents)]
            case "adjustment":
                name, operator = how.participant or "", self._partners.operator
                self.adjusted.append((name, cents))
                claim = [(f"position:{operator}", f"position:{name}")] if name != operator else []
                return [self._post(*pair, cents) for pair in [("suspense", "bank"), *claim]]
            case "match":
                self._leg(how.settlement or 0).paid[how.participant or ""] = place.index
                return [self._post("suspense", f"settling:{how.settlement}:{how.participant}", cents)]
        self.ended[how.line or ""] = how.kind
        del self.open[how.line or ""]
        return []

    def _leg(self, number: int) -> Settlement:
        settlement = self._settlements.numbered(number)
        assert settlement is not None
        return settlement

    def _post(self, debit: str, credit: str, cents: int) -> Post:
        """Of money that came in; of money that went out it goes the other way."""
        sides = (debit, credit) if cents > 0 else (credit, debit)
        return Post(*sides, self._currency, abs(cents) * self.bank_statements.unit)


def _about(body: ProposeResolution) -> list[Line]:
    how = body.resolution
    facts = {
        "write-off": "",
        "adjustment": f" {how.participant}",
        "match": f" {how.settlement} {how.participant}",
        "offset": f" {how.line}",
    }
    return [("break", body.line), ("resolution", f"{how.kind}{facts[how.kind]}")]
