"""Where a scenario is played: the engine's own door, lanes and worker; an auditor holds each entry against the second model."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from coalition.simulation.auditor import Auditor, Wanted
from coalition.simulation.cast import as_founding_key, new_cast
from coalition.simulation.closing import check_journal, check_model, check_tables
from coalition.simulation.model import Asked, Model
from coalition.simulation.postgres.tables import EntryRow, Tables
from coalition.simulation.processes import Answer, Gateway
from coalition.simulation.requests import Header, seal_request
from coalition.simulation.wire import carry
from settlement.clock import HOUR_US
from settlement.database import GATEWAY, WORKER
from settlement.errors import CoalitionError
from settlement.house.records import Network
from settlement.house.tariff import Tariff
from settlement.journal.acts import Outcome
from settlement.journal.leaf import Entry, parse_leaf
from settlement.ledger.acts import Enrol
from settlement.money import VALUE
from settlement.signing import parse_public_key
from settlement.worker.practice import set_ahead
from settlement.worker.publisher import Publisher
from tests.scenarios.acts import asked_for
from tests.scenarios.scenario import Step
from tests.scenarios.scene import SEED, Scene, money

LIFE_US = 24 * HOUR_US
"""How long a request may be sent again: the longest that the door allows."""
WORKER_NAME = "worker"
CENT_MICROS = 10_000


class Stage:
    """A founded network on `postgres`, which is real or the simulator's stand-in. `log`: an empty folder."""

    def __init__(self, network: Network, tariff: Tariff, postgres: Any, log: Path) -> None:
        cast = new_cast(SEED)
        model = Model(
            audience=network.origin,
            operator=network.operator,
            model=network.model,
            currency=network.currency,
            minor_digits=network.minor_digits,
            shards=network.shards,
            tariff=tariff,
            keys=[as_founding_key(key) for key in cast.founding_keys()],
            founded_at_us=postgres.clock_us(),
        )
        if network.practice:
            model.found_for_practice()
        self.scene = Scene(network, model, postgres.clock_us)
        self.postgres = postgres
        self.fresh: list[Entry] = []
        """Entries of the last steps that were taken."""
        self._auditor = Auditor(
            model, receipt_key=parse_public_key(cast.receipt.spki), audience=network.origin
        )
        postgres.committed = self._committed
        self._gateway = Gateway(partial(postgres.connect, GATEWAY), receipt_signer=cast.receipt, log=log)
        self._log, self._log_signer = log, cast.log
        self._publisher: Publisher | None = None
        self._first: dict[tuple[str, str], Wanted] = {}
        self._receipted: set[tuple[int, int]] = set()

    async def open(self) -> None:
        """Ready for steps."""
        await self._gateway.start()
        self._publisher = Publisher(await self.postgres.connect(WORKER), self._log, self._log_signer)

    async def take(self, steps: Sequence[Step]) -> list[str]:
        """Takes steps that come together; what each was answered.

        ValueError if a step means nothing, ViolationError if a law breaks.
        """
        self.fresh.clear()
        if steps[0].who == WORKER_NAME:
            answers = [await self._work(steps)]
        else:
            requests = [self._request(step) for step in steps]
            answers = await asyncio.gather(*[self._send(*each) for each in zip(steps, requests, strict=True)])
        if self._auditor.violation is not None:
            raise self._auditor.violation
        return answers

    async def close(self) -> Tables:
        """Ends every process; the books. ViolationError if they, or the journal, are not what they must be."""
        tables: Tables = await self.postgres.read_tables()
        self._gateway.kill()
        check_model(self.scene.model)
        check_tables(tables, self.scene.model)
        check_journal(tables)
        return tables

    def _committed(self, shard: int, rows: Sequence[EntryRow], house_at_lock: int) -> None:
        self.fresh += [parse_leaf(row.leaf.encode()) for row in rows]
        self._auditor.committed(shard, rows, house_at_lock)

    async def _work(self, steps: Sequence[Step]) -> str:
        """One turn of the worker's jobs, as they follow each other in `settlement.worker`; the entries that it wrote."""
        if [step.name for step in steps] == ["forward"]:
            return await self._set_ahead(steps[0])
        if [step.name for step in steps] != ["run"]:
            raise ValueError("write: worker run, or worker forward 3 days, and nothing together with it")
        assert self._publisher is not None
        await self._publisher.cut()
        await self._publisher.record_statements()
        await self._publisher.see_to_house()
        while await self._publisher.sweep():
            pass
        await self._publisher.publish()
        return await self._written()

    async def _set_ahead(self, step: Step) -> str:
        """What `coalition practice forward` does."""
        days, *unit = step.words
        if not days.isdecimal() or unit != ["days"]:
            raise ValueError("write: worker forward 3 days")
        try:
            await set_ahead(await self.postgres.connect(WORKER), int(days))
        except CoalitionError as error:
            return f"error {error.reason}"
        return await self._written()

    async def _written(self) -> str:
        await self.postgres.catch_up()
        return ", ".join([f"{entry.shard}:{entry.index} {entry.kind}" for entry in self.fresh]) or "nothing"

    def _request(self, step: Step) -> Wanted:
        if step.kind == "again":
            if (step.who, step.what) not in self._first:
                raise ValueError("write: again ACT, and name one that the same company asked for")
            return self._first[step.who, step.what]
        scene = self.scene
        body, message = asked_for(scene, step.kind, step.name, step.words)
        company, signer = scene.signer(step.who)
        act_id, now_us = scene.act_id(step.name), scene.clock_us()
        header = Header(scene.network.origin, company, act_id, now_us, now_us + LIFE_US)
        request = seal_request(message, header, signer)
        asked = Asked(company, signer.keyid, act_id, body)
        wanted = Wanted(step.line, asked, header, request, sound=True, who=0)
        self._first.setdefault((step.who, step.name), wanted)
        self._auditor.hear(wanted)
        return wanted

    async def _send(self, step: Step, wanted: Wanted) -> str:
        if not step.is_sent:
            return "not sent"
        answer = await carry(wanted, self._gateway, self.postgres, self._auditor)
        if isinstance(answer, Answer):
            return f"error {answer.reason}"
        assert answer is not None, "nobody kills this gateway"
        if isinstance(wanted.asked.body, Enrol) and answer.member is not None and answer.refusal is None:
            self.scene.enrolled(step.words[0], answer.member)
        place = answer.shard, answer.index
        before = "as before: " if place in self._receipted else ""
        self._receipted.add(place)
        return before + _spelled(answer)


def _spelled(outcome: Outcome) -> str:
    if outcome.refusal is not None:
        return f"refused {outcome.refusal}"
    if outcome.balance_after is None:
        return "ok"
    left = (
        money(outcome.balance_after * CENT_MICROS) if outcome.asset == VALUE else f"{outcome.balance_after:,}"
    )
    return f"ok, balance {left}"
