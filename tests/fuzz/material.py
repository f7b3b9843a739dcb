"""What is changed: everything that one small real network wrote in two months, and the keys to sign it again."""

import asyncio
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from coalition.audit.bundle import export_bundle
from settlement.signing import KeySigner, load_key
from settlement.transparency.checkpoint import vkey
from tests.coalition.audit.forgery import Forgery
from tests.support.postgres import new_books
from tests.support.small_history import grown
from tests.support.small_network import ORIGIN, SmallNetwork

BUNDLE, LOG_KEY, KEYS = "bundle.zip", "log.pem", "keys"


def make_material(folder: Path) -> None:
    """Lets a network live and leaves its bundle and private keys in a folder."""
    dsn = new_books()
    network = asyncio.run(_grown(dsn, folder / "log"))
    assert export_bundle(dsn, folder / BUNDLE).ok
    (folder / LOG_KEY).write_text(network.log_key.to_pem())
    (folder / KEYS).mkdir()
    for who, signer in network.keys.items():
        (folder / KEYS / who).write_text(signer.to_pem())


async def _grown(dsn: str, log: Path) -> SmallNetwork:
    async with SmallNetwork.found(dsn, log) as network:
        await grown(network, rounds=1)
        return network


@dataclass
class Material:
    """A folder that `make_material` filled."""

    folder: Path
    log_key: KeySigner = field(init=False)
    keys: dict[str, KeySigner] = field(init=False)
    """By keyid."""

    def __post_init__(self) -> None:
        self.log_key = load_key((self.folder / LOG_KEY).read_text())
        signers = [load_key(path.read_text()) for path in sorted((self.folder / KEYS).iterdir())]
        self.keys = {signer.keyid: signer for signer in signers}

    @property
    def vkey(self) -> str:
        """The log's verifier key."""
        return vkey(ORIGIN, self.log_key.spki[-32:])

    @cached_property
    def bundle(self) -> bytes:
        """The bundle's bytes."""
        return (self.folder / BUNDLE).read_bytes()

    def forgery(self) -> Forgery:
        """The bundle taken apart, to be changed."""
        return Forgery.of(self.folder / BUNDLE, self.log_key)

    @cached_property
    def taken_apart(self) -> Forgery:
        """The same, to be looked at only."""
        return self.forgery()

    @cached_property
    def leaves(self) -> list[bytes]:
        """Every leaf of every shard."""
        return [leaf for items in self.taken_apart.shards.values() for leaf, _ in items]
