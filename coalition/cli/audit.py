"""`coalition audit` and `coalition fsck`: the books checked from within, and proven to strangers."""

import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from coalition.audit.bundle import export_bundle
from coalition.audit.checks import Report
from coalition.audit.fsck import fsck as check_books
from coalition.audit.verify import verify_bundle
from coalition.cli.failures import FAILED
from coalition.cli.inclusion import prove_entry
from coalition.cli.options import Data, Json, vkey_text
from coalition.cli.printing import emit, err, hint, say
from coalition.cli.progress import progress
from coalition.cli.sharing import database
from coalition.cli.site import Site, open_site
from coalition.client import Outbox
from settlement.database import READER
from settlement.errors import CoalitionError

app = typer.Typer(no_args_is_help=True, help="Export evidence, verify it offline, prove one entry.")
app.command("proof")(prove_entry)
_ZIP_MAGIC = b"PK"
NoSignatures = Annotated[
    bool, typer.Option("--no-signatures", help="Leave out the signatures, the costliest check.")
]
Bundle = Annotated[Path, typer.Argument(metavar="BUNDLE", help="The bundle's zip file.")]


def fsck(no_signatures: NoSignatures = False, data: Data = None, as_json: Json = False) -> None:
    """Check the books in the database against the journal, and the journal against the rules. Exit code 1 with findings.

    [dim]coalition fsck[/]
    """
    site = _existing(data)
    report = Report()
    with database(site), progress() as tell:
        for finding in check_books(
            site.dsn(READER), signatures=not no_signatures, progress=tell, report=report
        ):
            if not as_json:
                err.print(str(finding), markup=False, soft_wrap=True)
    _tell_report(report, as_json=as_json, clean="clean: the books are what the journal says", shown=True)


@app.command()
def export(
    out: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The zip file to write.")],
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the file even if it is no bundle.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write everything under the newest checkpoint into one zip, for a verifier without database or network.

    An older bundle of this name is replaced, any other file only with --force.

    [dim]coalition audit export bundle.zip[/]
    """
    site = _existing(data)
    if not force:
        _require_replaceable(out)
    with database(site), progress() as tell:
        report = export_bundle(site.dsn(READER), out, progress=tell)
    if as_json:
        emit({"bundle": str(out), "bytes": out.stat().st_size, **_document(report)})
    else:
        say(f"wrote {out}, {out.stat().st_size:,} bytes")
        for finding in report.findings:
            err.print(str(finding), markup=False, soft_wrap=True)
        vkey = site.log_vkey()
        hint(f"coalition audit verify {out}" + (f" --vkey {vkey}" if vkey is not None else ""))
    if not report.ok:
        raise typer.Exit(FAILED)


@app.command()
def verify(
    bundle: Bundle,
    vkey: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            callback=vkey_text,
            help="The log's public key, got by another way than the bundle.",
        ),
    ] = None,
    older: Annotated[
        Path | None,
        typer.Option(
            "--older-checkpoint",
            metavar="FILE",
            help="A checkpoint that you kept: the journal must continue it.",
        ),
    ] = None,
    outbox: Annotated[
        Path | None,
        typer.Option(
            "--receipts", metavar="OUTBOX", help="A client's outbox: the journal must keep each receipt."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Verify a bundle offline: no database, no network, no trust in who made it. Exit code 1 with findings.

    [dim]coalition audit verify bundle.zip[/]

    [dim]coalition audit verify bundle.zip --receipts bakery.outbox[/]
    """
    note = None if older is None else _text_of(older)
    held = () if outbox is None else _receipts_of(outbox)
    with progress() as tell:
        report = verify_bundle(bundle, vkey=vkey, older_checkpoint=note, receipts=held, progress=tell)
    _tell_report(
        report, as_json=as_json, clean=f"verified: {bundle} holds in every way that was checked", shown=False
    )


def _tell_report(report: Report, *, as_json: bool, clean: str, shown: bool) -> None:
    """Prints what was checked and found, and exits with 1 if anything was. `shown`: findings were printed as they came."""
    if as_json:
        emit(_document(report))
    else:
        for line in [*report.lines(), *report.remarks]:
            say(line)
        for finding in () if shown else report.findings:
            err.print(str(finding), markup=False, soft_wrap=True)
        if report.ok:
            say(clean)
        else:
            count = sum(tried.failed for tried in report.tried.values())
            err.print(f"{count:,} finding{'' if count == 1 else 's'}", style="bold red")
    if not report.ok:
        raise typer.Exit(FAILED)


def _document(report: Report) -> dict[str, object]:
    return {
        "ok": report.ok,
        "checks": {
            check.value: {"count": tried.count, "failed": tried.failed}
            for check, tried in report.tried.items()
        },
        "findings": [
            {"check": finding.check.value, "where": finding.where, "sentence": finding.sentence}
            for finding in report.findings
        ],
        "remarks": report.remarks,
    }


def _existing(data: Data) -> Site:
    site = open_site(data)
    site.require()
    return site


def _require_replaceable(out: Path) -> None:
    """CoalitionError FILE_EXISTS for a file that does not begin as a zip does: it is no older bundle."""
    if not out.is_file():
        return
    with out.open("rb") as file:
        if file.read(len(_ZIP_MAGIC)) != _ZIP_MAGIC:
            message = (
                f"{out} is there already and is no bundle; name another file, or overwrite it with --force"
            )
            raise CoalitionError("FILE_EXISTS", message)


def _receipts_of(path: Path) -> list[tuple[bytes, bytes]]:
    if not path.is_file():
        raise CoalitionError("OUTBOX_INVALID", f"there is no outbox at {path}")
    try:
        with Outbox(path) as outbox:
            return list(outbox.receipts())
    except sqlite3.DatabaseError:
        raise CoalitionError("OUTBOX_INVALID", f"{path} is not an outbox") from None


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise CoalitionError("CHECKPOINT_INVALID", f"{path} is not a checkpoint") from None
