"""What goes wrong, by the name of its step."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from psycopg import Error, errors

from coalition.simulation.postgres.blows import AFTER, BEFORE, DURING, Blow
from coalition.simulation.postgres.session import Session
from coalition.simulation.story import Step
from settlement.clock import HOUR_US, SECOND_US
from settlement.database import WORKER
from settlement.errors import CoalitionError
from settlement.worker.practice import set_ahead

if TYPE_CHECKING:
    from coalition.simulation.world import World

CLOCK_STEPS_SECONDS = (-20, -5, -1, 1, 10, 60)
"""Setting it back far would let requests with a short life expire unseen until it has caught up, and nothing else happen."""
HOURS = (1, 5, 30, 80)
DAYS = (10, 20, 31, 45)


def _lose(session: Session) -> None:
    session.lose()


def _lose_connection(moment: str) -> "Callable[[World, Step], None]":
    def arm(world: "World", step: Step) -> None:
        world.postgres.blows.armed.append(Blow(step.amount, moment, _lose))

    return arm


def _contend(world: "World", step: Step) -> None:
    def fail(session: Session) -> None:
        if session.transaction is not None:
            raise errors.SerializationFailure("could not serialize access")

    world.postgres.blows.armed.append(Blow(step.amount, BEFORE, fail))


def _kill_at_statement(world: "World", step: Step) -> None:
    """The gateway that speaks the statement dies; so the engine stops between any two of its steps."""

    def kill(session: Session) -> None:
        for number, gateway in enumerate(world.gateways):
            if gateway.owns(session):
                world.replace_gateway(number, after=0.1 * (1 + step.who % 40))

    world.postgres.blows.armed.append(Blow(step.amount, AFTER if step.who % 2 else BEFORE, kill))


def _kill_worker(world: "World", step: Step) -> None:
    def kill(session: Session) -> None:
        if world.worker.owns(session):
            world.replace_worker()
        else:
            world.postgres.blows.armed.append(Blow(0, BEFORE, kill))

    world.postgres.blows.armed.append(Blow(step.amount, BEFORE, kill))


def _kill_postgres(world: "World", step: Step) -> None:
    def crash(_session: Session) -> None:
        world.postgres.crash(seconds=0.1 * (1 + step.who % 40) / world.story.pace)

    world.postgres.blows.armed.append(Blow(step.amount, (BEFORE, DURING, AFTER)[step.who % 3], crash))


def _step_clock(world: "World", step: Step) -> None:
    seconds = CLOCK_STEPS_SECONDS[step.who % len(CLOCK_STEPS_SECONDS)]
    world.postgres.step_clock(seconds * SECOND_US)
    if seconds < 0:
        world.auditor.clock_went_back()


def _step_partner_clock(world: "World", step: Step) -> None:
    steps_seconds = (0, 0, 0, -300, 40, 300)
    world.cast.partner(step.who % 8).clock_off_us = steps_seconds[step.amount % 6] * SECOND_US


def _hours_pass(world: "World", step: Step) -> None:
    world.postgres.step_clock(HOURS[step.who % len(HOURS)] * HOUR_US)


def _weeks_pass(world: "World", step: Step) -> None:
    days = DAYS[step.who % len(DAYS)]
    if world.story.practice:
        world.spawn(_set_ahead(world, days))
    else:
        world.postgres.step_clock(days * 24 * HOUR_US)


async def _set_ahead(world: "World", days: int) -> None:
    """Somebody sets the clock of the practice network ahead, unless the database is away just then."""
    with suppress(Error, CoalitionError):
        await set_ahead(cast(Any, await world.postgres.connect(WORKER)), days)


TROUBLED_BY: "dict[str, Callable[[World, Step], None]]" = {
    "kill gateway": _kill_at_statement,
    "kill worker": _kill_worker,
    "kill postgres": _kill_postgres,
    "lose connection before": _lose_connection(BEFORE),
    "lose connection during commit": _lose_connection(DURING),
    "lose connection after": _lose_connection(AFTER),
    "contend": _contend,
    "step clock": _step_clock,
    "step partner clock": _step_partner_clock,
    "hours pass": _hours_pass,
    "weeks pass": _weeks_pass,
}
