"""The blocking client: the async one, run on an event loop in a thread of its own.

Each method is the async client's, with the same arguments, result and errors.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import wraps
from threading import Thread
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from coalition.client.calling import DEADLINE_SECONDS
from coalition.client.client import Client
from coalition.client.errors import ClientError
from coalition.client.identity import Identity
from coalition.client.outbox import Outbox

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def _blocking(
    method: Callable[Concatenate[Client, Arguments], Coroutine[Any, Any, Result]],
) -> Callable[Concatenate["BlockingClient", Arguments], Result]:
    @wraps(method)
    def call(client: "BlockingClient", /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return client._run(method(client._client, *args, **kwargs))

    return call


def _blocking_iterator(
    method: Callable[Concatenate[Client, Arguments], AsyncIterator[Result]],
) -> Callable[Concatenate["BlockingClient", Arguments], Iterator[Result]]:
    @wraps(method)
    def call(
        client: "BlockingClient", /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Iterator[Result]:
        found = method(client._client, *args, **kwargs)
        while True:
            try:
                yield client._run(_next(found))
            except StopAsyncIteration:
                return

    return call


async def _next(found: AsyncIterator[Result]) -> Result:
    return await anext(found)


class BlockingClient:
    """One identity's voice in the network, for code without asyncio; several threads may use it at once.

    Used as `with BlockingClient(identity, outbox=Outbox(path)) as client:`.
    """

    def __init__(
        self, identity: Identity, *, outbox: Outbox | None = None, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        """As for `Client`: without an outbox, requests are remembered only while this client lives."""
        self.identity = identity
        self._client = Client(identity, outbox=outbox, deadline_seconds=deadline_seconds)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="coalition-client", daemon=True)
        self._thread.start()
        self._run(self._client.__aenter__())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        loop, thread = self._loop, self._thread
        assert loop is not None
        assert thread is not None
        self._run(self._client.__aexit__(kind, error, traceback))
        self._loop = None
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        if self._loop is None:
            work.close()
            raise ClientError("CLIENT_CLOSED", "the client is used inside `with BlockingClient(...)` only")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            # Ctrl-C ends the wait; the work on the other thread must end with it. Too late does no harm.
            future.cancel()
            raise

    issue = _blocking(Client.issue)
    redeem = _blocking(Client.redeem)
    transfer_points = _blocking(Client.transfer_points)
    authorize = _blocking(Client.authorize)
    capture = _blocking(Client.capture)
    void = _blocking(Client.void)
    reverse = _blocking(Client.reverse)
    release = _blocking(Client.release)
    enrol = _blocking(Client.enrol)
    link_alias = _blocking(Client.link_alias)
    add_member_proof = _blocking(Client.add_member_proof)
    remove_member_proof = _blocking(Client.remove_member_proof)
    add_key = _blocking(Client.add_key)
    revoke_key = _blocking(Client.revoke_key)
    agree_to_fund = _blocking(Client.agree_to_fund)
    end_funding = _blocking(Client.end_funding)
    propose_opening = _blocking(Client.propose_opening)
    register = _blocking(Client.register)
    activate = _blocking(Client.activate)
    suspend = _blocking(Client.suspend)
    propose_tariff = _blocking(Client.propose_tariff)
    approve_tariff = _blocking(Client.approve_tariff)
    close_cycle = _blocking(Client.close_cycle)
    propose = _blocking(Client.propose)
    object_to = _blocking(Client.object_to)
    answer_objection = _blocking(Client.answer_objection)
    cancel_settlement = _blocking(Client.cancel_settlement)
    approve = _blocking(Client.approve)
    abort_settlement = _blocking(Client.abort_settlement)
    confirm = _blocking(Client.confirm)
    deposit = _blocking(Client.deposit)
    propose_withdrawal = _blocking(Client.propose_withdrawal)
    approve_withdrawal = _blocking(Client.approve_withdrawal)
    set_cap = _blocking(Client.set_cap)
    propose_default = _blocking(Client.propose_default)
    approve_default = _blocking(Client.approve_default)
    approve_opening = _blocking(Client.approve_opening)
    propose_account = _blocking(Client.propose_account)
    approve_account = _blocking(Client.approve_account)
    instruct = _blocking(Client.instruct)
    import_bank_statement = _blocking(Client.import_bank_statement)
    assign_break = _blocking(Client.assign_break)
    propose_resolution = _blocking(Client.propose_resolution)
    approve_resolution = _blocking(Client.approve_resolution)
    resend = _blocking(Client.resend)
    balance = _blocking(Client.balance)
    receipt = _blocking(Client.receipt)
    entries = _blocking_iterator(Client.entries)
    entry = _blocking(Client.entry)
    follow = _blocking_iterator(Client.follow)
    member = _blocking(Client.member)
    partners = _blocking(Client.partners)
    tariffs = _blocking(Client.tariffs)
    fundings = _blocking(Client.fundings)
    position = _blocking(Client.position)
    cycles = _blocking(Client.cycles)
    settlements = _blocking(Client.settlements)
    obligations = _blocking(Client.obligations)
    postings = _blocking_iterator(Client.postings)
    follow_obligations = _blocking_iterator(Client.follow_obligations)
    statement = _blocking(Client.statement)
    preview = _blocking(Client.preview)
    preview_default = _blocking(Client.preview_default)
    securities = _blocking(Client.securities)
    accounts = _blocking(Client.accounts)
    instruction = _blocking(Client.instruction)
    breaks = _blocking(Client.breaks)
    checkpoint = _blocking(Client.checkpoint)
    inclusion_proof = _blocking(Client.inclusion_proof)
    consistency_proof = _blocking(Client.consistency_proof)
