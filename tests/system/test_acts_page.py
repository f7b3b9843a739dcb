"""docs/acts.md shows what happens: every command in its sessions is typed, and what comes back must be what stands there.

`pytest tests/system/test_acts_page.py --rewrite` writes what came back into the page, to be read in the diff.
"""

import re
import shlex
from pathlib import Path

import pytest

from tests.support.command import run
from tests.support.network import RunningServer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "acts.md"
SESSIONS = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SUBSTITUTION = re.compile(r"\$\(coalition ([^)]*)\)")
UNSEEN = " > /dev/null"
PARTNERS = ("bakery", "cinema", "grocer")
CHANGING = (
    (re.compile(r"\b(?!00000000)[0-9a-f]{8}-[0-9a-f]{4}-4?[0-9a-f]{3,4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z| UTC)?"), "<time>"),
    (re.compile(r"\b\d[\d,]* bytes"), "<size> bytes"),
    # The worker states roots in the house now and then.
    (re.compile(r"\bentry 0:\d+"), "entry 0:<number>"),
)


def typed(line: str, network: RunningServer) -> str:
    """A command, and what it told: its answer, then what it said beside, without what differs each time."""
    command = SUBSTITUTION.sub(lambda inner: run(*shlex.split(inner[1])).out.strip(), line)
    words = shlex.split(command.removeprefix("$ coalition ").removesuffix(UNSEEN))
    is_local = words[0] in ("report", "export") or words[1] in ("codes", "generate")
    at_server = () if is_local else ("--server", network.address)
    books = {"COALITION_DATABASE_URL": network.site.database_url or ""}
    ran = run(*words, *at_server, data=network.site.data, env=books)
    if line.endswith(UNSEEN):
        assert ran.code == 0, ran.err
        return line + "\n"
    told = "".join([part if not part or part.endswith("\n") else f"{part}\n" for part in (ran.out, ran.err)])
    for pattern, stand_in in CHANGING:
        told = pattern.sub(stand_in, told)
    told = told.replace(f" --server {network.address}", "").replace(f" --data {network.site.data}", "")
    return line + "\n" + told


def played(page: str, network: RunningServer) -> str:
    """The page with every session as it went."""
    for partner in PARTNERS:
        ran = run(
            "partner", "onboard", partner, "--name", partner.title(), "--server", network.address,
            data=network.site.data,
        )  # fmt: skip
        assert ran.code == 0, ran.err

    def session(found: re.Match[str]) -> str:
        lines = [line for line in found[1].splitlines() if line.startswith("$ ")]
        return "```console\n" + "".join([typed(line, network) for line in lines]) + "```"

    return SESSIONS.sub(session, page)


def test_every_session_goes_as_the_page_says(
    network: RunningServer, rewrites: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text()
    went = played(page, network)
    if rewrites:
        PAGE.write_text(went)
    else:
        assert went == page
