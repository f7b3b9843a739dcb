"""One lane per shard: the serial way of acts into batches."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from coalition.exchange.meters import ExchangeMeters
from settlement.errors import BooksError, CoalitionError, UnavailableError, what_failed
from settlement.journal.acts import Act, Outcome
from settlement.journal.leaf import HOUSE
from settlement.ledger.batch import RulesMaker, Verdict, post
from settlement.ledger.memory import HouseMemory

Connect = Callable[[], Awaitable[AsyncConnection[TupleRow]]]
BATCH_ACTS_MAX = 512
QUEUE_ACTS_MAX = 4_096
GATHER_TURNS_MAX = 24
GATHER_ACTS_MAX = 40
"""A batch of so many acts gains nothing by growing, and while it commits the next ones come in."""
RECONNECT_SECONDS = 0.5
_log = structlog.get_logger(__name__)


class Lane:
    """Posts a shard's acts, batch after batch, on one connection of its own."""

    def __init__(
        self,
        shard: int,
        connect: Connect,
        memory: HouseMemory,
        make_rules: RulesMaker,
        meters: ExchangeMeters | None = None,
    ) -> None:
        self.shard = shard
        meters = meters or ExchangeMeters()
        self._batch_acts = meters.batch_acts.labels(shard)
        self._batches_lost = meters.batches_lost.labels(shard)
        self._connections = meters.connections.labels(shard)
        self._connect = connect
        self._memory = memory
        self._make_rules = make_rules
        self._waiting: deque[tuple[Act[object], asyncio.Future[Outcome]]] = deque()
        self._news = asyncio.Event()
        self._closing = False
        self._turns = 1
        self._connection: AsyncConnection[TupleRow] | None = None

    @property
    def waiting(self) -> int:
        """How many acts no batch has taken yet."""
        return len(self._waiting)

    def submit(self, act: Act[object]) -> asyncio.Future[Outcome]:
        """Queues an act; the future gives its outcome or raises its error. Errors at once: QUEUE_FULL, SHUTTING_DOWN."""
        if self._closing:
            raise CoalitionError(
                "SHUTTING_DOWN", "this server is going down; send the same bytes to another, or again later"
            )
        if len(self._waiting) >= QUEUE_ACTS_MAX:
            raise CoalitionError(
                "QUEUE_FULL", "too many acts are waiting; send the same bytes again in a moment"
            )
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((act, future))
        self._news.set()
        return future

    async def run(self) -> None:
        """Works until `close` was called and nothing waits."""
        while self._waiting or not self._closing:
            if not self._waiting:
                self._news.clear()
                await self._news.wait()
                continue
            await self._gather()
            count = min(len(self._waiting), BATCH_ACTS_MAX)
            batch = [self._waiting.popleft() for _ in range(count)]
            self._turns = min(count, GATHER_TURNS_MAX)
            self._batch_acts.observe(count)
            verdicts = await self._verdicts([act for act, _ in batch])
            for (_, future), verdict in zip(batch, verdicts, strict=True):
                _answer(future, verdict)
        await self._hang_up()

    async def _gather(self) -> None:
        """Lets in the calls that are at the door already, and waits for no other.

        gRPC hands a call over in several turns of the event loop. As many turns without a new act as the last batch had acts
        mean that nobody else is on the way: one turn for a lone caller, a few more on a busy lane.
        """
        count, quiet = 0, 0
        while quiet < self._turns and len(self._waiting) < GATHER_ACTS_MAX:
            quiet = quiet + 1 if len(self._waiting) == count else 0
            count = len(self._waiting)
            await asyncio.sleep(0)

    def close(self) -> None:
        """Takes no more acts; `run` ends when those accepted have their answers."""
        self._closing = True
        self._news.set()

    async def _verdicts(self, acts: list[Act[object]]) -> list[Verdict]:
        try:
            connection = await self._connected()
            verdicts = await post(connection, self._memory, self._make_rules, self.shard, acts)
            if self.shard == HOUSE:
                await self._memory.refresh(connection)
        except (psycopg.OperationalError, psycopg.InterfaceError, OSError, UnavailableError) as error:
            self._batches_lost.inc()
            _log.warning("batch_lost", shard=self.shard, acts=len(acts), error=what_failed(error))
            await self._disconnect()
            unknown = CoalitionError(
                "BOOKS_UNAVAILABLE", "the books did not answer; send the same bytes again"
            )
            return [unknown] * len(acts)
        except CoalitionError as error:
            return [error] * len(acts)
        except Exception as error:  # noqa: BLE001 - a bug that one of these acts brings to light
            return await self._alone(acts, error)
        return verdicts

    async def _alone(self, acts: list[Act[object]], error: Exception) -> list[Verdict]:
        """After a bug rolled a batch back: its acts one by one, so that only the one that meets the bug goes unanswered."""
        if len(acts) > 1:
            return [(await self._verdicts([act]))[0] for act in acts]
        _log.exception("act_broke", shard=self.shard, act=acts[0].act_id, error=type(error).__name__)
        return [BooksError("the server has no answer to this act; its operator must look into its log")]

    async def _connected(self) -> AsyncConnection[TupleRow]:
        if self._connection is None or self._connection.closed:
            self._connection = await self._connect()
            self._connections.inc()
        return self._connection

    async def _disconnect(self) -> None:
        await self._hang_up()
        await asyncio.sleep(RECONNECT_SECONDS)

    async def _hang_up(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


def _answer(future: asyncio.Future[Outcome], verdict: Verdict) -> None:
    if future.done():
        return
    if isinstance(verdict, Outcome):
        future.set_result(verdict)
    else:
        future.set_exception(verdict)
