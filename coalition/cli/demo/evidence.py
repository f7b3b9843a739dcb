"""The demo's last act: statements and evidence are written, then verified as a stranger would."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from coalition.audit.bundle import export_bundle
from coalition.audit.checks import Finding
from coalition.audit.fsck import fsck
from coalition.audit.verify import verify_bundle
from coalition.cli.demo.debts import MICROS_PER_CENT
from coalition.cli.demo.paying import Stated
from coalition.cli.demo.plan import ReplayPlan
from coalition.cli.demo.stage import OPERATOR, OUTBOX
from coalition.cli.demo.trouble import trouble_of
from coalition.cli.progress import progress
from coalition.cli.site import Site
from coalition.client import Outbox
from settlement.database import READER, connect
from settlement.errors import CoalitionError
from settlement.ledger.chart import OPERATORS
from settlement.ledger.memory import load_house
from settlement.statements.reading import read_cycle_book
from settlement.statements.writing import write_statements

_CREDITS = """SELECT account, sum(credits - debits) FROM balances
    WHERE account = ANY(%s) AND asset <> 'PTS' GROUP BY account"""


def write_statements_of_all(site: Site, folder: Path, cycles: int) -> dict[int, int]:
    """Writes every cycle's statements; cycle to the number of entries in its ranges."""
    entries: dict[int, int] = {}
    with connect(site.dsn(READER), READER) as connection, progress() as tell:
        house = load_house(connection)
        for cycle in range(1, cycles + 1):
            book = read_cycle_book(connection, house, cycle)
            write_statements(book, folder)
            entries[cycle] = sum(stop - start for start, stop in book.ranges.values())
            tell("statements", cycle, cycles)
    return entries


def check_accounts(site: Site, plan: ReplayPlan, stated: Sequence[Stated]) -> None:
    """DEMO_FAILED unless the books hold what the plan and the bank say, to the micro: fund, fees, spread and breakage; what is in
    the bank, in suspense, and left of the collateral.
    """
    cents = _bank_cents(plan, stated)
    expected = plan.operator_micros() | {
        account: MICROS_PER_CENT * amount for account, amount in cents.items()
    }
    with connect(site.dsn(READER), READER) as connection:
        rows = connection.execute(_CREDITS, (sorted(OPERATORS | cents.keys()),)).fetchall()
    held = {account: int(micros) for account, micros in rows if micros}
    expected = {account: micros for account, micros in expected.items() if micros}
    if held != expected:
        raise CoalitionError("DEMO_FAILED", f"the accounts hold {held}, the plan expects {expected}")


def _bank_cents(plan: ReplayPlan, stated: Sequence[Stated]) -> dict[str, int]:
    """In credit. The bank's account in the books also has the operator's own legs, which are confirmed without the bank."""
    trouble = trouble_of(plan)
    own = sum(month.net_debt_cents().get(OPERATOR, 0) for month in plan.months)
    strays = [each.line.amount_minor for day in stated for each in day.bookings if each.rule is None]
    cents = {"bank": -stated[-1].statement.closing_minor - own, "suspense": sum(strays)}
    if trouble.defaulter is not None:
        cents[f"collateral:{trouble.defaulter}"] = trouble.collateral_cents - trouble.unpaid_cents
    return cents


def prove_books(console: Console, site: Site, bundle: Path) -> None:
    """fsck, export, and the offline verification of that and of every receipt held. DEMO_FAILED with any finding."""
    with progress() as tell:
        _demand("fsck", list(fsck(site.dsn(READER), signatures=False, progress=tell)))
    console.print("fsck: the books are what the journal says")
    with progress() as tell:
        _demand("export", export_bundle(site.dsn(READER), bundle, progress=tell).findings)
    with progress() as tell, Outbox(site.data / OUTBOX) as outbox:
        report = verify_bundle(bundle, vkey=site.log_vkey(), receipts=outbox.receipts(), progress=tell)
    _demand("verification", report.findings)
    checked = sum(tried.count for tried in report.tried.values())
    told = f"verified offline: {bundle}, {checked:,} checks of {len(report.tried)} kinds, no finding"
    console.print(told, soft_wrap=True)


def _demand(what: str, findings: list[Finding]) -> None:
    if findings:
        raise CoalitionError("DEMO_FAILED", f"{what} found {len(findings)}: {findings[0]}")
