"""A scenario played from its first step to its last: on the simulator's stand-in, or on real PostgreSQL."""

import asyncio
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from coalition.simulation.cast import NETWORK, OPERATOR, new_cast
from coalition.simulation.founding import found
from coalition.simulation.postgres.session import Postgres
from coalition.simulation.quiet import log_kept
from coalition.simulation.run import START_US
from coalition.simulation.verdict import ViolationError
from coalition.simulation.virtual_time import VirtualLoop
from settlement.clock import told_by
from settlement.house.records import Network
from settlement.house.tariff import Tariff
from settlement.ids import drawn_from
from settlement.journal.leaf import parse_leaf
from tests.scenarios.scenario import Scenario, Step, View, together
from tests.scenarios.scene import SEED
from tests.scenarios.stage import Stage
from tests.scenarios.stepped_postgres import SteppedPostgres
from tests.scenarios.terms import span_us, with_terms
from tests.scenarios.views import seen

_NETWORK = re.compile(
    r"model (?P<model>\w+)(?P<practice> +practice)? +(?P<terms>rate .*?) +shards (?P<shards>[1-9]\d?)"
)


@dataclass(frozen=True, slots=True)
class Played:
    """The file as it should be written, and the kinds of all entries that were not refused."""

    text: str
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Terms:
    network: Network
    tariff: Tariff


def on_stand_in(scenario: Scenario) -> Played:
    """Plays it in memory. ScenarioError names the line that means nothing or breaks a law."""
    terms = _terms(scenario)

    async def whole() -> Played:
        postgres = Postgres(asyncio.get_running_loop().time, START_US, Random(SEED))
        keys = new_cast(SEED).founding_keys()
        found(postgres.tables, terms.network, tariff=terms.tariff, keys=keys, time_us=START_US)
        return await _played(scenario, terms, postgres)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(whole())


def on_postgres(scenario: Scenario, dsn: str) -> Played:
    """Plays it in the empty books of a database whose clock is set forward when time passes. Errors as above."""
    terms = _terms(scenario)

    async def whole() -> Played:
        postgres = SteppedPostgres(dsn, SEED, terms.network, terms.tariff)
        try:
            return await _played(scenario, terms, postgres)
        finally:
            await postgres.end()

    return asyncio.run(whole())


async def _played(scenario: Scenario, terms: _Terms, postgres: Any) -> Played:
    bugs: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="coalition-scenario-") as log,
        drawn_from(Random(SEED)),
        told_by(lambda: postgres.clock_us() * 1_000),
        log_kept(bugs),
    ):
        stage = Stage(terms.network, terms.tariff, postgres, Path(log))
        await stage.open()
        answers = await _answers(scenario, stage)
        with _located(scenario, max(answers, default=1)):
            tables = await stage.close()
    assert bugs == []
    leaves = [parse_leaf(row.leaf.encode()) for rows in tables.entries.values() for row in rows]
    kinds = frozenset({leaf.kind for leaf in leaves if leaf.refusal is None})
    return Played(scenario.written(answers), kinds)


async def _answers(scenario: Scenario, stage: Stage) -> dict[int, list[str]]:
    """What stands behind each step and below each view, by line."""
    for step in _opening(scenario):
        [answer] = await _take(scenario, stage, [step])
        if not answer.startswith("ok"):
            raise scenario.error(step.line, f"{step.name} {step.what}: {answer}")
    answers: dict[int, list[str]] = {}
    for part in together(scenario.parts):
        if isinstance(part, View):
            answers[part.line] = seen(part.name, await stage.postgres.read_tables(), stage.fresh, stage.scene)
        else:
            stage.postgres.step_clock(_span_us(part[0].when))
            taken = await _take(scenario, stage, part)
            answers |= {step.line: [answer] for step, answer in zip(part, taken, strict=True)}
    return answers


async def _take(scenario: Scenario, stage: Stage, steps: list[Step]) -> list[str]:
    with _located(scenario, steps[0].line):
        return await stage.take(steps)


@contextmanager
def _located(scenario: Scenario, line: int) -> Iterator[None]:
    """Says of what goes wrong in which line it does."""
    try:
        yield
    except ValueError as error:
        raise scenario.error(line, str(error)) from error
    except ViolationError as violation:
        raise scenario.error(violation.step or line, str(violation)) from violation


def _opening(scenario: Scenario) -> Iterator[Step]:
    """The steps that the header stands for: every partner is taken in, every member enrolled by the first partner."""
    line, words = scenario.headers["partners"]
    partners = words.split()
    for number, partner in enumerate(partners):
        yield Step(line, "", OPERATOR, f"register-p{number}", partner)
        yield Step(line, "", OPERATOR, f"key-add-p{number}", f"{partner} of {partner}")
        yield Step(line, "", OPERATOR, f"activate-p{number}", partner)
    line, words = scenario.headers["members"]
    for number, member in enumerate(words.split(", ")):
        yield Step(line, "", partners[0], f"enrol-m{number}", member)


def _terms(scenario: Scenario) -> _Terms:
    line, text = scenario.headers["network"]
    said = _NETWORK.fullmatch(text)
    if said is None:
        raise scenario.error(line, "write: network  model bilateral  rate 0.01  shards 1")
    with _located(scenario, line):
        tariff = with_terms(Tariff(0), said["terms"].split())
    practice = said["practice"] is not None
    network = replace(NETWORK, model=said["model"], shards=int(said["shards"]), practice=practice)
    return _Terms(network, tariff)


def _span_us(when: str) -> int:
    return span_us(when[1:]) if when.startswith("+") else 0
