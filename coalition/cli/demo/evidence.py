"""The demo's last act: statements and evidence are written, then verified as a stranger would."""

from pathlib import Path

from rich.console import Console

from coalition.audit.bundle import export_bundle
from coalition.audit.checks import Finding
from coalition.audit.fsck import fsck
from coalition.audit.verify import verify_bundle
from coalition.cli.demo.plan import ReplayPlan
from coalition.cli.demo.stage import OUTBOX
from coalition.cli.progress import progress
from coalition.cli.site import Site
from coalition.client import Outbox
from settlement.database import READER, connect
from settlement.errors import CoalitionError
from settlement.ledger.chart import OPERATORS
from settlement.ledger.memory import load_house
from settlement.statements.reading import read_cycle_book
from settlement.statements.writing import write_statements

_OPERATOR_ACCOUNTS = """SELECT account, sum(credits - debits) FROM balances
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


def check_operator_accounts(site: Site, plan: ReplayPlan) -> None:
    """DEMO_FAILED unless the fund, fees, spread and breakage in the books are the plan's, to the micro."""
    with connect(site.dsn(READER), READER) as connection:
        rows = connection.execute(_OPERATOR_ACCOUNTS, (sorted(OPERATORS),)).fetchall()
    held = {account: int(micros) for account, micros in rows if micros}
    expected = {account: micros for account, micros in plan.operator_micros().items() if micros}
    if held != expected:
        message = f"the operator's accounts hold {held}, the plan expects {expected}"
        raise CoalitionError("DEMO_FAILED", message)


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
