"""Opening balances: docs/ledger.md, the rows ProposeOpening and ApproveOpening."""

from dataclasses import dataclass

from coalition.simulation.model.partners import Partners
from coalition.simulation.model.terms import PROPOSAL_LIFE_US, Answer, Line, Place
from settlement.house.acts import ApproveOpening, ProposeOpening


@dataclass(slots=True)
class Opening:
    """What a partner offered to fund: lots, members and points of a file. `approved`: the house entry that said yes."""

    lots: int
    members: int
    points: int
    proposed_at_us: int
    approved: int | None = None


class Openings:
    """The newest proposal of each partner's file."""

    def __init__(self, partners: Partners) -> None:
        self._partners = partners
        self.of: dict[tuple[str, str], Opening] = {}

    def propose(self, place: Place, partner: str, body: ProposeOpening) -> Answer:
        """An offer, which takes the place of an earlier one of the same file unless that was approved."""
        known = self.of.get((partner, body.file_sha256))
        refusal = self._partners.refusal(partner, place.house)
        if refusal is None and known is not None and known.approved is not None:
            refusal = "ALREADY_APPROVED"
        if refusal is None:
            offer = Opening(body.rows, body.members, body.points, place.time_us)
            self.of[partner, body.file_sha256] = offer
        totals = f"{body.rows} {body.members} {body.points}"
        return Answer(refusal, [("proposal", body.file_sha256), ("totals", totals)])

    def approve(self, place: Place, body: ApproveOpening) -> Answer:
        """The operator's yes, within the life of a proposal."""
        about: list[Line] = [("subject", body.partner_id), ("proposal", body.file_sha256)]
        known = self.of.get((body.partner_id, body.file_sha256))
        if known is None:
            return Answer("PROPOSAL_UNKNOWN", about)
        if known.approved is not None:
            return Answer("ALREADY_APPROVED", about)
        if place.time_us - known.proposed_at_us > PROPOSAL_LIFE_US:
            return Answer("PROPOSAL_EXPIRED", about)
        known.approved = place.index
        return Answer(None, about)
