"""What must hold of legs, of securities, and of the money in the bank: docs/clearing.md, "Legs", "Securities", "Money in"."""

from collections import Counter
from collections.abc import Iterator

from coalition.simulation.model.facts import Facts


def legs_are_settling(facts: Facts) -> Iterator[str]:
    """A leg stands on its settling account until it is paid, then in the bank; a settlement paid in full leaves nothing.

    What was deposited and not paid back is in the bank as well, and so are breaks, but for those that were adjusted.
    """
    bank = sum(facts.settlements.securities.deposited.values()) * facts.cycles.unit
    settling = facts.accounts.named("settling", facts.currency)
    for settlement in facts.settlements.all:
        if sum(settlement.nets.values()):
            yield f"the nets of settlement {settlement.number} sum to {sum(settlement.nets.values())}"
        legs = settlement.legs()
        by_bank = settlement.paid.keys() - settlement.ahead  # of an aborted one nothing
        bank += sum(legs[name] + settlement.borne[name] for name in by_bank) * facts.cycles.unit
        unpaid = settlement.unpaid()
        # Deferred sums that cancel out pass through the account of an operator that has no leg then.
        for name in {*settlement.nets, *legs, settlement.operator}:
            stands = settling.pop(f"{settlement.number}:{name}", 0)
            due = unpaid.get(name, 0) * facts.cycles.unit
            if stands != due:
                yield f"settling:{settlement.number}:{name} is {stands} micros, its leg says {due}"
    if settling:
        yield f"no settlement has the accounts {sorted(settling)}"
    broken = sum(facts.breaks.open.values()) * facts.cycles.unit
    written_off = facts.breaks.written_off * facts.cycles.unit
    due_of = {"bank": bank + broken + written_off, "suspense": -broken, "write-off": -written_off}
    for account, due in due_of.items():
        stands = facts.accounts.debit(account, facts.currency)
        if stands != due:
            yield f"{account} is {stands} micros, paid legs, deposits, breaks and their ends say {due}"


def securities_are_deposits(facts: Facts) -> Iterator[str]:
    """A security is what was deposited less what went back, what it paid ahead and what defaults took; only capital runs dry."""
    due = Counter(facts.settlements.securities.deposited)
    for settlement in facts.settlements.all:
        for name in settlement.ahead if settlement.binds else ():
            due[f"prefund:{name}"] -= settlement.legs()[name]
    for default in facts.defaults.poured:
        name, steps = default.body.participant, default.steps
        due[f"collateral:{name}"] -= steps["collateral"]
        due[f"guarantee:{name}"] -= steps["guarantee"]
        due["capital"] -= steps["capital"] + steps["shortfall"]
    for kind in ("collateral", "guarantee", "prefund", "capital"):
        for name, debit in facts.accounts.named(kind, facts.currency).items():
            account = "capital" if kind == "capital" else f"{kind}:{name}"
            if debit != -due[account] * facts.cycles.unit:
                yield f"{account} is {-debit} micros, what was paid in and used says {due[account]} minor units"
            if debit > 0 and kind != "capital":
                yield f"{account} is {debit} micros below zero"
