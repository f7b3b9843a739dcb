"""The demo's stage: a founded network in a folder of its own, its server in another process, its people and partners.

Every step may be repeated: keys are kept, and each act has an id derived from what it is, so a demo that was killed goes on where
it was and ends with the same books.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID, uuid5

from coalition.cli.demo.bank import account_of
from coalition.cli.demo.debts import Prices
from coalition.cli.site import Site
from coalition.cli.site_network import found_network, prepare_database
from coalition.client import Client, Identity, Outbox, load_identity, open_channel, save_identity
from settlement.database import READER, connect
from settlement.errors import CoalitionError
from settlement.house.banking import account_sha256
from settlement.house.records import BILATERAL, POOL, Network
from settlement.house.state import House
from settlement.house.tariff import Tariff
from settlement.journal.acts import Outcome
from settlement.ledger.memory import load_house
from settlement.signing import new_key

ORIGIN = "demo.example/coalition"
OPERATOR = "operator"
PROPOSER, APPROVER = "ann", "bob"
MODELS = {
    BILATERAL: Prices(),
    POOL: Prices(fund=OPERATOR, price=12_000, fee=500, interchange=300),
}
"""What a point costs and earns in the demonstration of each settlement model."""
PAYMENT_DAYS = 3
"""Business days after the approval on which legs may be paid."""
START_SECONDS_MAX = 60.0
CALL_SECONDS_MAX = 60.0
OUTBOX = "outbox.sqlite"
_IDS = UUID("0d7e9c52-93b1-5a53-8c3f-3a1f1f0d5b11")


def demo_act_id(*words: object) -> str:
    """The id of the demo's act with this name: always the same."""
    return str(uuid5(_IDS, "/".join(map(str, words))))


def accepted(outcome: Outcome, what: str) -> Outcome:
    """The outcome, if the act was accepted; else DEMO_FAILED, as nothing in the demo may be refused."""
    if outcome.refusal is not None:
        raise CoalitionError("DEMO_FAILED", f"{what} was refused: {outcome.refusal}")
    return outcome


def require_same_replay(site: Site, baskets: int, model: str) -> None:
    """DEMO_FAILED if the folder holds a replay of other baskets or in another model: its cycles are closed, none can be added."""
    kept, replay = site.data / "baskets", f"{baskets} baskets, {model}"
    site.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    before = kept.read_text().strip() if kept.exists() else replay
    if before != replay:
        message = f"{site.data} holds a replay of {before}; remove it, or choose another --out"
        raise CoalitionError("DEMO_FAILED", message)
    kept.write_text(f"{replay}\n")


def found_demo(site: Site, model: str) -> None:
    """Prepares the database and founds the demo's network, if that is not done yet."""
    prepare_database(site)
    network = Network(ORIGIN, "EUR", 2, 1, OPERATOR, model, practice=True)
    prices = MODELS[model]
    tariff = Tariff(
        prices.point,
        price_micros=prices.price,
        fee_micros=prices.fee,
        interchange_micros=prices.interchange,
        payment_days=PAYMENT_DAYS,
    )
    try:
        found_network(site, network, tariff=tariff, people=(PROPOSER, APPROVER), server="127.0.0.1:0")
    except CoalitionError as error:
        if error.reason != "NETWORK_EXISTS":
            raise


@asynccontextmanager
async def served(site: Site) -> AsyncIterator[str]:
    """`coalition serve` in a process of its own; gives its address and stops it at the end."""
    command = [
        sys.executable,
        "-m",
        "coalition",
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        str(site.data),
    ]
    log = os.open(site.data / "serve.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL
    )
    os.close(log)
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS_MAX)
        if not line.startswith(b"listening on "):
            raise CoalitionError("DEMO_FAILED", f"the server did not start; see {site.data / 'serve.log'}")
        yield line.decode().removeprefix("listening on ").strip()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@dataclass(frozen=True)
class Stage:
    """Clients of everybody who takes part, over one channel, with one outbox."""

    site: Site
    operator: Client
    proposer: Client
    approver: Client
    partners: dict[str, Client]
    _outbox: Outbox
    _connect: Callable[[Identity], Awaitable[Client]]

    def was_answered(self, partner_id: str, act_id: str) -> bool:
        """Whether an earlier run of the demo holds the act's receipt already."""
        kept = self._outbox.find(partner_id, act_id)
        return kept is not None and kept.receipt is not None

    async def onboard(self, partner_id: str) -> None:
        """Registers a partner with a fresh key of its own, and opens its client."""
        identity, operator = self._partner_identity(partner_id), self.operator
        name = partner_id.replace("-", " ").title()
        asked = [
            await operator.register(
                partner_id=partner_id, display_name=name, act_id=demo_act_id("register", partner_id)
            ),
            await operator.add_key(
                key=identity.signer, partner_id=partner_id, act_id=demo_act_id("key", partner_id)
            ),
            await operator.activate(partner_id=partner_id, act_id=demo_act_id("activate", partner_id)),
        ]
        for outcome in asked:
            accepted(outcome, f"onboarding {partner_id}")
        self.partners[partner_id] = await self._connect(identity)
        await self.name_account(self.partners[partner_id])

    async def name_account(self, client: Client) -> None:
        """A participant names the account where it is paid, and a person of the operator approves it."""
        participant, account = client.identity.partner_id, account_of(client.identity.partner_id)
        proposed = await client.propose_account(account, act_id=demo_act_id("account", participant))
        accepted(proposed, f"proposing the account of {participant}")
        digest = bytes.fromhex(account_sha256(ORIGIN, participant, account))
        approved = await self.approver.approve_account(
            partner_id=participant, account_sha256=digest, act_id=demo_act_id("approve-account", participant)
        )
        accepted(approved, f"approving the account of {participant}")

    def house(self) -> House:
        """The house as it is recorded now."""
        with connect(self.site.dsn(READER), READER) as connection:
            return load_house(connection)

    def _partner_identity(self, partner_id: str) -> Identity:
        path, operator = self.site.identity_path(partner_id), self.operator.identity
        if path.exists():
            return replace(load_identity(path), server=operator.server)
        identity = replace(operator, partner_id=partner_id, signer=new_key(), alias_key=self.site.alias_key())
        save_identity(identity, path)
        return identity


@asynccontextmanager
async def open_stage(site: Site, address: str) -> AsyncIterator[Stage]:
    """Connects the operator and its two approvers."""
    async with AsyncExitStack() as stack:
        outbox = stack.enter_context(Outbox(site.data / OUTBOX))
        channel = open_channel(address)
        stack.push_async_callback(channel.close, None)

        async def connect(identity: Identity) -> Client:
            client = Client(identity, outbox=outbox, channel=channel, deadline_seconds=CALL_SECONDS_MAX)
            return await stack.enter_async_context(client)

        names = (OPERATOR, PROPOSER, APPROVER)
        identities = [replace(load_identity(site.identity_path(name)), server=address) for name in names]
        operator, proposer, approver = [await connect(identity) for identity in identities]
        yield Stage(site, operator, proposer, approver, {}, outbox, connect)
