"""The `coalition` command in this process: what it printed and how it ended."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from coalition.cli.app import app


@dataclass(frozen=True)
class Ran:
    """One run of the command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as the one JSON document that `--json` promises."""
        return json.loads(self.out)


def run(
    *words: object, data: Path | None = None, answer: str | None = None, env: Mapping[str, str] | None = None
) -> Ran:
    """Runs `coalition WORDS`, on the site in `data`. Whatever is no exit is raised: a test must never pass over a traceback.

    `answer`: what is typed at the keyboard. `env`: for this run alone; other COALITION_ variables are unset.
    """
    unset: dict[str, str | None] = {name: None for name in os.environ if name.startswith("COALITION_")}
    folder = {} if data is None else {"COALITION_DATA": str(data)}
    result = CliRunner().invoke(
        app,
        [str(word) for word in words],
        input=answer,
        env={**unset, **folder, **(env or {})},
        prog_name="coalition",
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)
