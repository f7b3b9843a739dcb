"""`coalition instruction`: the files by which a bank pays a settlement."""

from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from coalition.cli.failures import REFUSED, tell_refusal
from coalition.cli.options import SettlementNumber
from coalition.cli.printing import emit, hint, say, show_table
from coalition.cli.telling import outcome_document
from coalition.cli.voice import OPERATOR, Voice, speaking
from coalition.client import BlockingClient, RequestRejectedError
from coalition.client.bank_answers import Instruction

app = typer.Typer(no_args_is_help=True, help="Make, write and show payment files.")
_ENDINGS = {"csv": ".csv"}


@app.command()
@speaking(OPERATOR)
def write(
    voice: Voice,
    settlement: SettlementNumber,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the files go.")] = Path(),
) -> None:
    """Make the payment files of an approved settlement, once, and write them; again they are the same bytes.

    [dim]coalition instruction write 1 --out payments[/]
    """
    with voice.acting() as client:
        found = _instruction(client, settlement)
        if found is None:
            outcome = client.instruct(settlement=settlement)
            if outcome.refusal not in (None, "ALREADY_INSTRUCTED"):
                if voice.json:
                    emit(outcome_document(outcome))
                tell_refusal(outcome.refusal or "")
                raise typer.Exit(REFUSED)
            found = client.instruction(settlement=settlement)
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / f"settlement-{settlement}{_ENDINGS.get(file.kind, '.xml')}" for file in found.files]
    for path, file in zip(paths, found.files, strict=True):
        path.write_bytes(file.content)
    if voice.json:
        emit(_document(found, paths))
        return
    for path, file in zip(paths, found.files, strict=True):
        say(f"written: {path} ({file.kind}, SHA-256 {sha256(file.content).hexdigest()})")
    hint("upload them to the bank", flags="")


@app.command()
@speaking(OPERATOR)
def show(voice: Voice, settlement: SettlementNumber) -> None:
    """Show which payment files a settlement has, by kind and hash.

    [dim]coalition instruction show 1[/]
    """
    with voice.asking() as client:
        found = client.instruction(settlement=settlement)
    if voice.json:
        emit(_document(found, []))
        return
    say(f"settlement {settlement} is instructed by entry 0:{found.entry_number}")
    rows = [(file.kind, len(file.content), sha256(file.content).hexdigest()) for file in found.files]
    show_table(("file", "bytes", "SHA-256"), rows)


def _instruction(client: BlockingClient, settlement: int) -> Instruction | None:
    try:
        return client.instruction(settlement=settlement)
    except RequestRejectedError as error:
        if error.reason != "INSTRUCTION_NOT_FOUND":
            raise
        return None


def _document(found: Instruction, paths: list[Path]) -> dict[str, object]:
    return {
        "entry_number": found.entry_number,
        "files": [
            {"kind": file.kind, "sha256": sha256(file.content).hexdigest(), "bytes": len(file.content)}
            | ({"path": str(paths[at])} if paths else {})
            for at, file in enumerate(found.files)
        ],
    }
