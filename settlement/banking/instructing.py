"""Pure decision on word to the bank: the files of an approved settlement are made once and kept."""

from settlement.banking.acts import Instruct
from settlement.banking.payment_files import PaymentFile, Payments
from settlement.house.banking import Instruction, legs_for_a_bank
from settlement.house.drafting import house_draft
from settlement.house.records import Network
from settlement.house.state import House
from settlement.journal.acts import Act, Draft


def instruct(house: House, act: Act[object], body: Instruct, now_us: int) -> Draft:
    """The entry names each file by its hash, the books keep the bytes."""
    settlement = house.settlements.get(body.settlement)
    refusal, lacking = None, None
    files: tuple[PaymentFile, ...] = ()
    if settlement is None:
        refusal = "SETTLEMENT_UNKNOWN"
    elif not settlement.approved:
        refusal = "NOT_APPROVED"
    elif body.settlement in house.instructions:
        refusal = "ALREADY_INSTRUCTED"
    else:
        legs = legs_for_a_bank(house, body.settlement)
        payments = Payments(house.founded, body.settlement, legs, house.accounts, now_us)
        lacking = payments.lacking_account()
        refusal = None if lacking is None else "ACCOUNT_MISSING"
        files = () if refusal else payments.files()
    lines = [("settlement", str(body.settlement))]
    lines += [("subject", lacking)] if lacking is not None else []
    lines += [("file", f"{file.kind} {file.sha256}") for file in files]
    draft = house_draft("instruct", act, tuple(lines), refusal)
    draft.files = tuple([(file.kind, file.content) for file in files])
    return draft


def payments_of(network: Network, instruction: Instruction) -> Payments:
    """What a bank was told by an instruction."""
    return Payments(
        network, instruction.settlement, instruction.legs, instruction.accounts, instruction.time_us
    )
