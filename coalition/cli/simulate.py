"""`coalition simulate`."""

import time
from dataclasses import replace
from typing import Annotated

import typer

from coalition.cli.failures import FAILED
from coalition.cli.options import Json
from coalition.cli.printing import emit, err, out, say, show_table
from coalition.cli.progress import progress
from coalition.simulation.run import Lived, live
from coalition.simulation.shrink import shrink
from coalition.simulation.story import Story, tell
from coalition.simulation.verdict import ViolationError
from settlement.house.records import BILATERAL, POOL

STORY_LINES_MAX = 200

Model = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="The settlement model: bilateral or pool. [default: bilateral for even seeds, pool for odd ones]",
        show_default=False,
    ),
]
Pace = Annotated[
    float,
    typer.Option(
        min=0.1,
        max=100,
        help="How many seconds of the story pass in one: the more, the more acts come at once.",
    ),
]


def simulate(
    seed: Annotated[
        int, typer.Option(help="The story to live: the same seed and acts are the same story.")
    ] = 1,
    acts: Annotated[int, typer.Option(min=1, help="How many acts are asked for.")] = 10_000,
    model: Model = None,
    pace: Pace = 1.0,
    shrink_seconds: Annotated[
        float, typer.Option(min=0, help="How long to look for a shorter story that breaks the same law.")
    ] = 120.0,
    as_json: Json = False,
) -> None:
    """Live a whole network on virtual time, with everything going wrong, and hold it against a second model of the rules.

    Partners ask, repeat and misbehave; messages are lost, repeated and reordered; clocks step, keys are revoked, cycles close;
    gateways, worker and PostgreSQL are killed at any statement. PostgreSQL and the wire are simulated, the engine is the real
    one. Exit code 1 if a law is broken: then it prints the seed and the shortest story found.

    [dim]coalition simulate --seed 7 --acts 100000[/]
    """
    if model not in (None, BILATERAL, POOL):
        raise typer.BadParameter("bilateral or pool", param_hint="--model")
    story, began = replace(tell(seed, acts=acts, model=model), pace=pace), time.monotonic()
    try:
        with progress() as told:
            lived = live(story, lambda done, total: told("steps", done, total))
    except ViolationError as violation:
        _tell_violation(story, violation, seconds=shrink_seconds, acts=acts, as_json=as_json)
        raise typer.Exit(FAILED) from None
    if as_json:
        emit(
            {
                "ok": True,
                "seed": seed,
                "acts": acts,
                "entries": lived.entries,
                "calls": lived.calls,
                "heard": lived.heard,
            }
        )
    else:
        _tell_lived(seed, acts, lived, seconds=time.monotonic() - began)


def _tell_lived(seed: int, acts: int, lived: Lived, *, seconds: float) -> None:
    show_table(("answer", "times"), lived.heard.items(), title=f"What {lived.calls:,} calls were answered")
    say(
        f"seed {seed}: {acts:,} acts, {lived.entries:,} entries, {lived.checkpoints:,} checkpoints in {seconds:.0f} s"
    )
    say("every law held: the network did what the second model says, and nothing else")


def _tell_violation(
    story: Story, violation: ViolationError, *, seconds: float, acts: int, as_json: bool
) -> None:
    with progress() as told:
        shorter, ends = shrink(
            story, violation, seconds=seconds, told=lambda steps: told("shrinking", steps, 0)
        )
    try:
        live(shorter, chronicled=True)
    except ViolationError as again:
        ends = again
    if as_json:
        steps = [step.number for step in shorter.steps]
        found = {"law": ends.law, "sentence": ends.sentence, "steps": steps, "story": ends.chronicle}
        emit({"ok": False, "seed": story.seed, "acts": acts, "happened": violation.happened, **found})
        return
    err.print(f"seed {story.seed}: a law is broken after {violation.happened:,} steps", style="bold red")
    say(f"the shortest story found has {len(shorter.steps):,} steps:")
    for line in ends.chronicle[-STORY_LINES_MAX:]:
        out.print(line, markup=False, soft_wrap=True)
    err.print(f"{ends.law}: {ends.sentence}", markup=False, soft_wrap=True)
    for note in getattr(ends, "__notes__", []):
        err.print(note, markup=False, soft_wrap=True)
