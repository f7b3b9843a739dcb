"""Pure decisions on tariffs: one person proposes, another approves, and one that was dated ahead starts when its time has come.

At most one tariff is coming: whatever is approved later takes its place, whether it is in force at once or later still.
"""

from settlement.clock import format_time
from settlement.house.acts import ApproveTariff, ProposeTariff
from settlement.house.drafting import house_draft
from settlement.house.four_eyes import why_not_approve
from settlement.house.state import House
from settlement.house.tariff import check_terms
from settlement.journal.acts import ENGINE_LINE, Act, Draft


def propose_tariff(house: House, act: Act[object], body: ProposeTariff) -> Draft:
    """A tariff that another person may approve. CoalitionError FIELD_INVALID: its terms do not fit."""
    check_terms(body.tariff, model=house.founded.model)
    lines = [*body.tariff.lines(), ("proposal", body.proposal_sha256)]
    if body.from_us is not None:
        lines.append(("from", format_time(body.from_us)))
    return house_draft("tariff-propose", act, tuple(lines), None)


def approve_tariff(house: House, act: Act[object], body: ApproveTariff, now_us: int) -> Draft:
    """Another person's yes to the newest proposal of these bytes."""
    proposal = house.tariff_proposals.get(body.proposal_sha256)
    lines = (("proposal", body.proposal_sha256),)
    return house_draft("tariff-approve", act, lines, why_not_approve(house, act, proposal, now_us))


def start_of_tariff(house: House, now_us: int) -> Draft | None:
    """The engine's entry that puts the coming tariff in force, if its time has come."""
    coming = house.coming
    if coming is None or not coming.has_come(now_us):
        return None
    return Draft("tariff-start", (("proposal", coming.proposal_sha256), ENGINE_LINE))
