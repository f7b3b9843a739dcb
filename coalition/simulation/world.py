"""The world of one story: the network's processes on a stand-in for PostgreSQL, everybody who acts, and the auditor.

story > askers > wire > gateways > (the engine) > PostgreSQL's stand-in
                              auditor < requests, commits, answers
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from coalition.simulation.asking import Askers
from coalition.simulation.auditor import Auditor, Wanted
from coalition.simulation.cast import (
    NETWORK,
    TARIFFS,
    Cast,
    act_id_of,
    alias_of,
    as_founding_key,
    key_of,
    new_cast,
)
from coalition.simulation.chronicle import Chronicle
from coalition.simulation.closing import check_journal, check_model, check_tables
from coalition.simulation.forging import forged
from coalition.simulation.model import Asked, Model
from coalition.simulation.phones import Phones
from coalition.simulation.postgres.session import Postgres
from coalition.simulation.postgres.tables import EntryRow
from coalition.simulation.processes import Gateway, Worker, load_to_the_end
from coalition.simulation.programmes import Programmes
from coalition.simulation.requests import Asking, Header, receipt_message, seal_request
from coalition.simulation.story import AWAITED, ENDING_KEY, Step, Story
from coalition.simulation.troubles import TROUBLED_BY
from coalition.simulation.verdict import ViolationError
from coalition.simulation.wire import Wire
from settlement.clock import SECOND_US
from settlement.database import GATEWAY, WORKER
from settlement.journal.acts import Outcome
from settlement.journal.leaf import parse_leaf
from settlement.signing import KeySigner, parse_public_key

GATEWAYS = 2
LIVES_US = (30 * SECOND_US, 300 * SECOND_US, 86_400 * SECOND_US)
REQUESTS_KEPT = 5_000
"""How many steps back a request is kept to be sent again."""
CHECKED_EVERY = 20_000
Told = Callable[[int, int], None]


class World:
    """Lives through one story, inside a running event loop, on books that are just founded.

    `log`: an empty folder for what the worker publishes.
    """

    def __init__(self, story: Story, postgres: Postgres, log: Path, *, chronicled: bool = False) -> None:
        self.story = story
        self.chronicle = Chronicle(kept=chronicled)
        self._happened = 0
        self.cast: Cast = new_cast(story.seed)
        keys = self.cast.founding_keys()
        self.model = Model(
            audience=NETWORK.origin,
            operator=NETWORK.operator,
            model=story.model,
            currency=NETWORK.currency,
            minor_digits=NETWORK.minor_digits,
            shards=NETWORK.shards,
            tariff=TARIFFS[story.model],
            keys=[as_founding_key(key) for key in keys],
            founded_at_us=postgres.clock_us(),
        )
        if story.practice:
            self.model.found_for_practice()
        receipt_key = parse_public_key(self.cast.receipt.spki)
        self.auditor = Auditor(self.model, receipt_key=receipt_key, audience=NETWORK.origin)
        self.postgres = postgres
        postgres.committed = self._committed
        programmes, phones = Programmes(story.seed, self.model), Phones(story.seed, self.model)
        self.askers = Askers(self.cast, self.model, programmes, phones)
        self._log = log
        self.gateways = [self._new_gateway() for _ in range(GATEWAYS)]
        self.worker = self._new_worker()
        self.wire = Wire(self.auditor, self.gateways, self.postgres, self.spawn, pace=story.pace)
        self._requests: dict[int, Wanted] = {}
        self._open: set[asyncio.Task[Any]] = set()
        self._broke: BaseException | None = None

    async def live(self, told: Told | None = None) -> None:
        """Everything happens, then everything is checked. Raises the first ViolationError."""
        for gateway in self.gateways:
            await gateway.start()
        self.worker.start()
        loop = asyncio.get_running_loop()
        began = loop.time()
        for step in self.story.steps:
            due = began + step.at / self.story.pace
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            self._happened += 1
            if step.conduct == AWAITED:
                await self._ask(step)
                began = max(began, loop.time() - step.at / self.story.pace)
            else:
                self._happen(step)
            if step.number % CHECKED_EVERY == CHECKED_EVERY - 1:
                await self._check()
            self._raise()
            if told is not None and step.number % 1_000 == 0:
                told(step.number, len(self.story.steps))
        await self._calm_down()
        await self._close()

    def end(self) -> None:
        """Ends every process."""
        for process in (*self.gateways, self.worker):
            process.kill()

    def _happen(self, step: Step) -> None:
        if not step.is_act:
            self.chronicle.suffers(step, asyncio.get_running_loop().time())
            TROUBLED_BY[step.kind](self, step)
            return
        self.spawn(self._ask(step))

    def spawn(self, happening: Coroutine[Any, Any, Any]) -> None:
        """Lets something happen beside all else; the story does not end before it, and what breaks in it ends the story."""
        task = asyncio.get_running_loop().create_task(happening)
        self._open.add(task)
        task.add_done_callback(self._done)

    def _committed(self, shard: int, rows: Sequence[EntryRow], house_at_lock: int) -> None:
        if self.chronicle.kept:
            for row in rows:
                self.chronicle.writes(parse_leaf(row.leaf.encode()), asyncio.get_running_loop().time())
        self.auditor.committed(shard, rows, house_at_lock)

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._open.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._broke = task.exception()

    async def _ask(self, step: Step) -> None:
        fate = Random(f"fate {self.story.seed} {step.number}")  # noqa: S311
        if step.kind == "look up":
            await self._look_up(step, fate)
            return
        if step.kind == "load opening":
            await self._load_opening()
            return
        if step.kind == "again":
            wanted = self._requests.get(step.other)
            if wanted is not None:
                await self.wire.ask(wanted, fate)
            return
        asking = self.askers.asking(step, self.postgres.clock_us())
        if asking is None:
            return
        wanted = self._sign(step, asking, fate)
        self._requests[step.number] = wanted
        self._requests.pop(step.number - REQUESTS_KEPT, None)
        self.auditor.hear(wanted)
        loop = asyncio.get_running_loop()
        self.chronicle.asks(step, asking, loop.time())
        answer = await self.wire.ask(wanted, fate)
        self.chronicle.hears(step, answer, loop.time())
        if answer is None:
            violation = ViolationError("every act is answered", f"{asking.body} never was", step=step.number)
            self.auditor.violation = self.auditor.violation or violation
        elif isinstance(answer, Outcome):
            self.askers.learn(step, asking, answer)

    async def _look_up(self, step: Step, fate: Random) -> None:
        """A partner that lost its receipt asks for it."""
        looked_for = self._requests.get(step.other)
        company = self.cast.partner(looked_for.who) if looked_for is not None else None
        if looked_for is None or company is None or not company.live:
            return
        now_us = self.postgres.clock_us()
        own_id = act_id_of(self.story.seed, step.number)
        own = Header(NETWORK.origin, company.name, own_id, now_us, now_us + LIVES_US[0])
        request = seal_request(receipt_message(looked_for.asked.act_id), own, company.live[-1])
        await self.wire.look_up(looked_for.name[:2], request, fate, step=step.number)

    async def _load_opening(self) -> None:
        """The operator loads the newest file."""
        for programme in self.askers.programmes.all[-1:]:
            await load_to_the_end(partial(self.postgres.connect, GATEWAY), programme, self._log)
            newcomer = self.model.member_of(alias_of(self.story.seed, programme.newcomer))
            if newcomer is not None:
                self.askers.members[programme.newcomer] = newcomer

    def _sign(self, step: Step, asking: Asking, fate: Random) -> Wanted:
        conduct, company = step.conduct, asking.company
        now_us = self.postgres.clock_us() + company.clock_off_us
        life_us = LIVES_US[-1] if step.conduct == AWAITED else fate.choice(LIVES_US)
        if conduct == "stale":
            now_us -= 2 * life_us
        elif conduct == "hasty":
            now_us += 600 * SECOND_US
        act = step.other if conduct == "reused id" else step.number
        audience = "clearing.example/elsewhere" if conduct == "astray" else NETWORK.origin
        act_id = act_id_of(self.story.seed, act)
        header = Header(audience, company.name, act_id, now_us, now_us + life_us)
        signer, sound = self._signer(step, asking)
        request = seal_request(asking.message, header, signer)
        if conduct == "forged":
            request = forged(request)
        asked = Asked(company.name, signer.keyid, act_id, asking.body)
        return Wanted(step.number, asked, header, request, sound, step.who)

    def _signer(self, step: Step, asking: Asking) -> tuple[KeySigner, bool]:
        """Who really signs, and whether an entry may come of it."""
        company = asking.company
        if step.conduct == "borrowed key":
            other = self.cast.partner(step.who + 1)
            return (other.live or [key_of(self.story.seed, "nobody")])[-1], False
        if step.conduct == ENDING_KEY and company.live:
            return company.live[0], True
        if step.conduct == "retired key" and company.retired:
            return company.retired[-1], True
        return asking.signer, step.conduct not in ("forged", "astray")

    def _new_gateway(self) -> Gateway:
        return Gateway(
            partial(self.postgres.connect, GATEWAY), receipt_signer=self.cast.receipt, log=self._log
        )

    def _new_worker(self) -> Worker:
        return Worker(partial(self.postgres.connect, WORKER), log_signer=self.cast.log, log=self._log)

    def replace_gateway(self, number: int, *, after: float) -> None:
        """Kills a gateway; another one takes its place after so many seconds of the story."""
        self.gateways[number].kill()

        async def start() -> None:
            await asyncio.sleep(after / self.story.pace)
            self.gateways[number] = fresh = self._new_gateway()
            await fresh.start()

        self.spawn(start())

    def replace_worker(self) -> None:
        """Kills the worker and starts another one."""
        self.worker.kill()
        self.worker = self._new_worker()
        self.worker.start()

    async def _calm_down(self) -> None:
        """No more trouble: every act gets its answer."""
        self.postgres.blows.armed.clear()
        while self._open:
            await asyncio.wait(list(self._open), timeout=10.0)
            self._raise()

    async def _check(self) -> None:
        """The worker may write an entry at any moment: tables and model are compared when both end at the same ones."""
        while True:
            tables = await self.postgres.read_tables()
            await self.postgres.catch_up()
            self._raise()
            if all(row.size == self.model.size(shard) for shard, row in tables.shards.items()):
                break
        try:
            check_model(self.model)
            check_tables(tables, self.model)
        except ViolationError as violation:
            raise self._with_story(violation) from None

    async def _close(self) -> None:
        await self._check()
        try:
            check_journal(await self.postgres.read_tables())
        except ViolationError as violation:
            raise self._with_story(violation) from None

    def _with_story(self, violation: ViolationError) -> ViolationError:
        violation.happened, violation.chronicle = self._happened, self.chronicle.lines
        return violation

    def _raise(self) -> None:
        if self._broke is not None:
            raise AssertionError("the simulation itself broke") from self._broke
        if self.auditor.violation is not None:
            raise self._with_story(self.auditor.violation)
