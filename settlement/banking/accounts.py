"""Pure decisions on accounts at banks. A changed IBAN is the classic fraud: another person always approves it, by its hash."""

from settlement.banking.acts import ApproveAccount, ProposeAccount
from settlement.house.banking import account_sha256
from settlement.house.drafting import house_draft
from settlement.house.four_eyes import why_not_approve
from settlement.house.records import SUSPENDED
from settlement.house.state import House
from settlement.journal.acts import Act, Draft


def propose_account(house: House, act: Act[object], body: ProposeAccount) -> Draft:
    """The caller's own account, the operator's by one of its people. Its newest proposal counts; a partner need not
    be active for it."""
    refusal = "PARTNER_SUSPENDED" if house.partners[act.partner].state == SUSPENDED else None
    digest = account_sha256(house.founded.origin, act.partner, body.account)
    lines = (("account", body.account.line()), ("proposal", digest))
    return house_draft("account-propose", act, lines, refusal)


def approve_account(house: House, act: Act[object], body: ApproveAccount, now_us: int) -> Draft:
    """The account is in force from here on."""
    proposal = house.account_proposals.get(body.participant)
    named = proposal is not None and proposal.sha256 == body.account_sha256
    refusal = why_not_approve(house, act, proposal if named else None, now_us)
    lines = (("subject", body.participant), ("proposal", body.account_sha256))
    return house_draft("account-approve", act, lines, refusal)
