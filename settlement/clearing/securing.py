"""Pure decisions on securities and net debit caps. Rules in the order of the proto's comments."""

from settlement.clearing.security_acts import ApproveWithdrawal, Deposit, ProposeWithdrawal, SetCap
from settlement.errors import CoalitionError
from settlement.house.drafting import house_draft
from settlement.house.four_eyes import why_not_approve
from settlement.house.records import Key, Settlement
from settlement.house.security import CAPITAL, NO_CAP, PREFUND, account_of
from settlement.house.state import House
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import Transfer
from settlement.money import MICROS_MAX, micros_per_minor


def deposit(house: House, act: Act[object], body: Deposit) -> Draft:
    """Money came in. CoalitionError AMOUNT_TOO_LARGE: the amount fits no posting."""
    network, micros = house.founded, _micros(house, body.amount_minor)
    account = account_of(body.security, body.participant)
    refusal = None if _may_have(house, body.security, body.participant) else "PARTNER_UNKNOWN"
    posts = () if refusal else (Transfer("bank", account, network.currency, micros),)
    return house_draft("deposit", act, _lines(house, body, micros), refusal, posts)


def propose_withdrawal(house: House, act: Act[object], body: ProposeWithdrawal) -> Draft:
    """A withdrawal that another person may approve. CoalitionError AMOUNT_TOO_LARGE: the amount fits no posting."""
    refusal = None
    if not _may_have(house, body.security, body.participant):
        refusal = "PARTNER_UNKNOWN"
    elif body.currency != house.founded.currency:
        refusal = "FIGURES_DIFFER"
    elif house.security.of(body.security, body.participant) < body.amount_minor:
        refusal = "SECURITY_EXCEEDED"
    lines = (*_lines(house, body, _micros(house, body.amount_minor)), ("proposal", body.proposal_sha256))
    return house_draft("withdraw-propose", act, lines, refusal)


def approve_withdrawal(house: House, act: Act[object], body: ApproveWithdrawal, now_us: int) -> Draft:
    """Pays out the newest withdrawal with this proposal."""
    found = house.security.withdrawals.get(body.proposal_sha256)
    about = (("proposal", body.proposal_sha256),)
    refusal = why_not_approve(house, act, found, now_us)
    if found is None or refusal is not None:
        return house_draft("withdraw-approve", act, about, refusal)
    if house.security.of(found.security, found.participant) < found.amount_minor:
        return house_draft("withdraw-approve", act, about, "SECURITY_EXCEEDED")
    account, micros = account_of(found.security, found.participant), _micros(house, found.amount_minor)
    post = Transfer(account, "bank", house.founded.currency, micros)
    return house_draft("withdraw-approve", act, about, None, (post,))


def set_cap(house: House, act: Act[object], body: SetCap) -> Draft:
    """Names a cap, which counts once the operator's request key and one of its people's have both named it."""
    subject, cap = body.participant, NO_CAP if body.cap_minor is None else str(body.cap_minor)
    namer, refusal = house.namer_of_cap(subject, cap), None
    if subject not in house.partners:
        refusal = "PARTNER_UNKNOWN"
    elif _is_said(house, act, namer, cap == house.security.cap_of(subject)):
        refusal = "ALREADY_APPROVED"
    return house_draft("security-set", act, (("subject", subject), ("cap", cap)), refusal)


def _is_said(house: House, act: Act[object], namer: Key | None, in_force: bool) -> bool:
    """Whether a cap is in force, or was named by a key of the same kind and waits for one of the other."""
    return in_force if namer is None else namer.purpose == house.keys[act.keyid].purpose


def paid_ahead(house: House, settlement: Settlement) -> frozenset[str]:
    """Who has paid in enough ahead for its whole leg of a settlement."""
    return frozenset(
        [name for name, net in settlement.legs.items() if 0 < net <= house.security.of(PREFUND, name)]
    )


def _may_have(house: House, security: str, participant: str) -> bool:
    return participant in house.partners and (security != CAPITAL or participant == house.operator)


def _lines(house: House, body: Deposit | ProposeWithdrawal, micros: int) -> tuple[tuple[str, str], ...]:
    amount = f"{house.founded.currency} {micros}"
    return ("subject", body.participant), ("security", body.security), ("amount", amount)


def _micros(house: House, amount_minor: int) -> int:
    micros = amount_minor * micros_per_minor(house.founded.minor_digits)
    if micros > MICROS_MAX:
        message = "amount_minor is more than the books can hold of this currency"
        raise CoalitionError("AMOUNT_TOO_LARGE", message, field="amount_minor")
    return micros
