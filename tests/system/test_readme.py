"""What README tells a stranger to type works: its shell and Python blocks are run, in order, as one session.

Three things differ from a stranger's session: a demo replays 300 baskets instead of 25,000, 1,000 in the pool; the other `make`
lines are only looked up in the Makefile; and the network listens on a free port. `coalition` is this tree's, installed or not.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from settlement import embedded
from settlement.house.records import POOL
from tests.support.replay import BASKETS, check_statements, check_summary, check_trouble

pytestmark = pytest.mark.embedded

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
LINES = [line for language, block in BLOCKS if language == "sh" for line in block.splitlines()]
DATA_FOLDERS = ("tour", "demo/data", "build/pool/data")
POOL_DEMO = f"demo --baskets {BASKETS} --model pool"
SESSION_SECONDS_MAX = 300


def test_every_make_target_named_exists() -> None:
    named = set(
        re.findall(r"\bmake ([a-z][a-z-]*)", "\n".join([*LINES, *re.findall(r"`([^`\n]+)`", README)]))
    )
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named >= {"demo", "test", "check", "bench", "serve"}
    assert named <= targets


def test_every_path_named_exists() -> None:
    named = re.findall(r"`((?:coalition|settlement|proto|tests|deploy|docs|requirements)/[\w./-]*)`", README)
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_command_named_is_in_a_block_that_runs() -> None:
    """Prose names no command that the session does not prove, apart from asking for help."""
    in_prose = {" ".join(words) for words in re.findall(r"`coalition ([a-z]+)(?: ([a-z]+))?[^`]*`", README)}
    typed = "\n".join(LINES)
    assert [command for command in in_prose if f"coalition {command.strip()}" not in typed] == []


def test_the_session_of_the_readme_runs(session_folder: Path) -> None:
    script = session_folder / "session.sh"
    script.write_text(session(free_port()))
    told, status = run(script)
    assert status == 0, told
    for expected in re.findall(
        r"^[^#\n]*# prints: (.+)$", "\n".join(block for _, block in BLOCKS), re.MULTILINE
    ):
        assert expected in told, f"{expected!r} is not in\n{told}"
    check_pool(session_folder / "build" / "pool", told.partition(POOL_DEMO)[2])


def check_pool(out: Path, told: str) -> None:
    """What the demo in the pool model wrote: every figure is the plan's, the operator's accounts among them."""
    assert "The operator's accounts" in told
    summary = json.loads((out / "summary.json").read_text())
    assert min(summary["operator_micros"][account] for account in ("fund", "fee-income", "spread")) > 0
    check_summary(summary, baskets=BASKETS, model=POOL)
    check_trouble(out, told)
    check_statements(out)


def session(port: int) -> str:
    """All blocks as one bash script. Everything that it starts has ended when it ends."""
    parts = ["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT"]
    for language, block in BLOCKS:
        if language == "python":
            parts += ["python - <<'PYTHON'", block.rstrip("\n"), "PYTHON"]
        else:
            parts += [adapted(line, port) for line in block.splitlines()]
    return "\n".join([*parts, ""])


def adapted(line: str, port: int) -> str:
    """A line of a block as the session runs it."""
    if line.startswith("make demo"):
        return "coalition demo --baskets 300 --out demo"
    if line.startswith("make "):
        return f": {line}"
    line = line.replace(".venv/bin/coalition demo", f"coalition demo --baskets {BASKETS}")
    line = line.replace("coalition db init", f"coalition db init --server 127.0.0.1:{port}")
    return line.replace("coalition serve", f"coalition serve --listen 127.0.0.1:{port}")


def run(script: Path) -> tuple[str, int]:
    """Output and exit status of the script, in its folder, with this environment's programs and none of its settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COALITION_")}
    programs = script.with_name("programs")
    programs.mkdir()
    for name, module in {"coalition": "-m coalition", "python": ""}.items():
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        (programs / name).chmod(0o755)
    environment = kept | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(script.parent),
    }
    process = subprocess.Popen(
        ["bash", "-x", script],
        cwd=script.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        told, _ = process.communicate(timeout=SESSION_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        told, _ = process.communicate()
        return f"not done in {SESSION_SECONDS_MAX} s\n{told}", -1
    return told, process.returncode


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def session_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for the session; whatever database a failed one left behind is stopped."""
    yield tmp_path
    for name in DATA_FOLDERS:
        embedded.stop(tmp_path / name)
