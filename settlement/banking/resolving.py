"""Pure decisions on breaks: who looks after one; and how it ends, which one person proposes and another approves.

Rules stand in the order of the proto's comments. The money of a break stands in suspense; a resolution moves it on to where it
belongs. By an adjustment the operator takes it as its own, as what its own leg is paid, and owes it to the participant in the
open cycle; of money that went out, the other way.
"""

from settlement.banking.acts import ApproveResolution, AssignBreak, ProposeResolution
from settlement.house.awaited import why_not_awaited
from settlement.house.breaks import ADJUSTMENT, MATCH, OFFSET, WRITE_OFF, Break, Resolution
from settlement.house.drafting import house_draft
from settlement.house.four_eyes import why_not_approve
from settlement.house.records import APPROVER
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import Transfer
from settlement.ledger.chart import SUSPENSE, WRITTEN_OFF, position
from settlement.money import micros_per_minor


def assign_break(house: House, act: Act[object], body: AssignBreak) -> Draft:
    """Whoever looked after it before does so no more."""
    refusal = _why_not_open(house, body.line)
    people = [key.person for key in house.live_keys(house.operator, APPROVER)]
    if refusal is None and body.person not in people:
        refusal = "PERSON_UNKNOWN"
    return house_draft("break-assign", act, (("break", body.line), ("person", body.person)), refusal)


def propose_resolution(house: House, act: Act[object], body: ProposeResolution) -> Draft:
    """A resolution that another person may approve."""
    lines = (
        *_about(body.line, body.resolution),
        ("words", body.words),
        ("proposal", body.proposal_sha256),
    )
    return house_draft("break-propose", act, lines, _why_not(house, body.line, body.resolution))


def approve_resolution(house: House, act: Act[object], body: ApproveResolution, now_us: int) -> Draft:
    """Ends the break as the newest proposal of these bytes says, if that can still be."""
    found, end = house.resolutions.get(body.proposal_sha256), ("proposal", body.proposal_sha256)
    refusal = why_not_approve(house, act, found, now_us)
    if found is None:
        return house_draft("break-approve", act, (end,), refusal)
    about = (*_about(found.line, found.resolution), end)
    refusal = refusal or _why_not(house, found.line, found.resolution)
    posts = () if refusal else _posts(house, house.breaks[found.line], found.resolution)
    return house_draft("break-approve", act, about, refusal, posts)


def _about(line: str, how: Resolution) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("break", line), ("resolution", how.spelled())


def _why_not(house: House, line: str, how: Resolution) -> str | None:
    """Why a break cannot end so, or None."""
    refusal = _why_not_open(house, line)
    if refusal is not None:
        return refusal
    if how.kind == ADJUSTMENT:
        return None if how.participant in house.partners else "PARTNER_UNKNOWN"
    if how.kind == MATCH:
        return _why_no_match(house, house.breaks[line], how)
    return _why_no_offset(house, house.breaks[line], how) if how.kind == OFFSET else None


def _why_not_open(house: House, line: str) -> str | None:
    """Why there is no open break of this name, or None."""
    found = house.breaks.get(line)
    if found is None:
        return "BREAK_UNKNOWN"
    return None if found.is_open else "ALREADY_RESOLVED"


def _why_no_match(house: House, found: Break, how: Resolution) -> str | None:
    number, participant = how.settlement or 0, how.participant or ""
    refusal = why_not_awaited(house, number, participant)
    if refusal is not None:
        return refusal
    same = house.settlements[number].unpaid[participant] == found.amount_minor
    return None if same else "LEG_AMOUNT_DIFFERS"


def _why_no_offset(house: House, found: Break, how: Resolution) -> str | None:
    other = how.line or ""
    refusal = _why_not_open(house, other)
    if refusal is not None:
        return refusal
    return None if house.breaks[other].amount_minor == -found.amount_minor else "FIGURES_DIFFER"


def _posts(house: House, found: Break, how: Resolution) -> tuple[Transfer, ...]:
    """Those of money that came in; of money that went out they are the other way round."""
    network, operator = house.founded, house.operator
    pairs: list[tuple[str, str]] = []
    if how.kind == WRITE_OFF:
        pairs.append((SUSPENSE, WRITTEN_OFF))
    elif how.kind == MATCH:
        pairs.append((SUSPENSE, f"settling:{how.settlement}:{how.participant}"))
    elif how.kind == ADJUSTMENT and how.participant is not None:
        pairs.append((SUSPENSE, "bank"))
        if how.participant != operator:
            pairs.append((position(operator), position(how.participant)))
    micros = found.amount_minor * micros_per_minor(network.minor_digits)
    posts = [Transfer(debit, credit, network.currency, abs(micros)) for debit, credit in pairs]
    return tuple(posts if micros > 0 else [post.inverse() for post in posts])
