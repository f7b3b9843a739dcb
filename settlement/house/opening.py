"""Pure decisions on opening balances: a partner proposes the lots of a file, a person of the operator approves them."""

from settlement.house.acts import ApproveOpening, ProposeOpening
from settlement.house.drafting import house_draft
from settlement.house.four_eyes import why_not_approve
from settlement.house.records import REGISTERED, SUSPENDED
from settlement.house.state import House
from settlement.journal.acts import Act, Draft

_NOT_ACTING = {REGISTERED: "PARTNER_NOT_ACTIVE", SUSPENDED: "PARTNER_SUSPENDED"}


def propose_opening(house: House, act: Act[object], body: ProposeOpening) -> Draft:
    """The caller will fund the file's lots. The newest proposal of a file is the one that counts."""
    refusal = _NOT_ACTING.get(house.partners[act.partner].state)
    known = house.openings.get((act.partner, body.file_sha256))
    if refusal is None and known is not None and known.approved:
        refusal = "ALREADY_APPROVED"
    lines = (
        ("proposal", body.file_sha256),
        ("totals", f"{body.rows} {body.members} {body.points} {body.value}"),
    )
    return house_draft("opening-propose", act, lines, refusal)


def approve_opening(house: House, act: Act[object], body: ApproveOpening, now_us: int) -> Draft:
    """The operator's yes. The proposer is another company's key, so it is always another person."""
    known = house.openings.get((body.partner_id, body.file_sha256))
    refusal = why_not_approve(house, act, known, now_us)
    lines = (("subject", body.partner_id), ("proposal", body.file_sha256))
    return house_draft("opening-approve", act, lines, refusal)
