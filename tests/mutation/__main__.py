"""`mutmut results --all true | python -m tests.mutation`: a table by file; exits with 1 if too many changes passed unseen."""

import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

SCORE_LEAST = 0.90
"""Of every file's changes so many must be noticed; those that change nothing that can be seen are never noticed."""
NOTICED = {"killed", "timeout"}
"""A change that makes a loop endless is noticed by the time it takes."""
_RESULT = re.compile(r"\s*(?P<module>[\w.]+)\.x[_ǁ]\S+: (?P<status>[a-z ]+)\n?")


def main() -> int:
    """The exit code."""
    wanted = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["mutmut"]["only_mutate"]
    files: dict[str, Counter[str]] = {name: Counter() for name in wanted}
    for line in sys.stdin:
        found = _RESULT.fullmatch(line)
        if found is not None:
            files[found["module"].replace(".", "/") + ".py"][found["status"]] += 1
    say = sys.stdout.write
    say(f"{'file':42}{'changes':>9}{'noticed':>9}{'by time':>9}{'passed':>9}{'score':>9}\n")
    scores = []
    for name, statuses in files.items():
        noticed, total = sum(statuses[status] for status in NOTICED), statuses.total()
        scores.append(noticed / total if total else 0.0)
        row = (total, noticed, statuses["timeout"], total - noticed)
        say(f"{name:42}" + "".join(f"{number:>9,}" for number in row) + f"{scores[-1]:>9.1%}\n")
    return 0 if min(scores) >= SCORE_LEAST else 1


sys.exit(main())
