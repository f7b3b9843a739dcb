"""A scenario: a text file read strictly, and written again with what was answered.

    # what the story is about
    network   model bilateral  rate 0.01  fee 0.001  shards 1
    partners  bakery cinema
    members   maria card:1, joe

          bakery  issue-1   500 to maria  -> ok, balance 500
    +2h   cinema  redeem-1  200 of maria  -> ok, balance 300

    balances
      | what stands in the books here

A step says when (`+2h` later; `&` together with the step before; else next), who, the act by its name, what is asked, and what
was answered. The act's name is its kind and a number; the same name is the same act id. `, offline` signs without sending.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HEADERS = ("network", "partners", "members")
TOGETHER = "&"
OFFLINE = ", offline"
_ANSWER = "  | "
_STEP = re.compile(r"(?:(&|\+\d+[smhd])\s+)?(\S+)\s+(\S+)\s*(.*?)\s*->.*")


class ScenarioError(Exception):
    """A file that cannot be read or played; says where and what to write instead."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path.name}:{line}: {message}")


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody asks for something. `when`: empty, `&` or a span of time."""

    line: int
    when: str
    who: str
    name: str
    what: str

    @property
    def kind(self) -> str:
        """What kind of act it is: its name without the number."""
        return self.name.rpartition("-")[0] or self.name

    @property
    def words(self) -> list[str]:
        """The words of what is asked."""
        return self.what.removesuffix(OFFLINE).split()

    @property
    def is_sent(self) -> bool:
        """Whether the request leaves the till."""
        return not self.what.endswith(OFFLINE)


@dataclass(frozen=True, slots=True)
class View:
    """A look into the books."""

    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """`headers`: words by header and the line where each stands; `parts`: steps, views, and lines kept as they are."""

    path: Path
    headers: Mapping[str, tuple[int, str]]
    parts: Sequence[Step | View | str]

    @property
    def steps(self) -> list[Step]:
        """The steps in order."""
        return [part for part in self.parts if isinstance(part, Step)]

    def error(self, line: int, message: str) -> ScenarioError:
        """What is wrong with a line."""
        return ScenarioError(self.path, line, message)

    def written(self, answers: Mapping[int, Sequence[str]]) -> str:
        """The file's text, columns aligned, with these answers by line: one for a step, any number for a view."""
        cells = {step.line: [step.when, step.who, step.name, step.what] for step in self.steps}
        widths = [max(map(len, column)) for column in zip(*cells.values(), strict=True)]
        lines: list[str] = []
        for part in self.parts:
            match part:
                case Step(line=line):
                    columns = [cell.ljust(width) for cell, width in zip(cells[line], widths, strict=True)]
                    lines.append("  ".join([cell for cell in columns if cell] + [f"-> {answers[line][0]}"]))
                case View(line=line, name=name):
                    lines += [name, *[f"{_ANSWER}{answer}".rstrip() for answer in answers[line]]]
                case str():
                    lines.append(part)
        return "\n".join(lines) + "\n"


def read(path: Path, views: Sequence[str]) -> Scenario:
    """Reads a file. `views`: names of what may be looked at. ScenarioError for the first line that means nothing."""
    headers: dict[str, tuple[int, str]] = {}
    parts: list[Step | View | str] = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        first, _, rest = line.strip().partition(" ")
        if first.startswith("|"):
            continue
        if first in HEADERS and "->" not in line:
            headers[first] = number, rest.strip()
            parts.append(line.rstrip())
        elif not first or first.startswith("#"):
            parts.append(line.rstrip())
        elif first in views and not rest:
            parts.append(View(number, first))
        else:
            parts.append(_step(path, number, line.strip()))
    missing = [header for header in HEADERS if header not in headers]
    if missing:
        raise ScenarioError(path, 1, f"the header lacks its line {missing[0]!r}")
    return Scenario(path, headers, parts)


def _step(path: Path, number: int, line: str) -> Step:
    match = _STEP.fullmatch(line)
    if match is None:
        raise ScenarioError(path, number, f"write [WHEN] WHO ACT WHAT -> , or one word to look: {line!r}")
    when, who, name, what = match.groups(default="")
    return Step(number, when, who, name, what)


def together(parts: Sequence[Step | View | str]) -> Iterator[list[Step] | View]:
    """Views, and steps in groups that are sent at the same moment."""
    group: list[Step] = []
    for part in parts:
        if isinstance(part, Step) and part.when == TOGETHER:
            group.append(part)
        elif not isinstance(part, str):
            if group:
                yield group
            group = [part] if isinstance(part, Step) else []
            if isinstance(part, View):
                yield part
    if group:
        yield group
