"""What partners' developers use to take part in a network.

    identity = load_identity("bakery.json")
    with BlockingClient(identity, outbox=Outbox("bakery.outbox")) as network:
        outcome = network.issue(member=("card", "4000 1234 5678"), amount=120)
        print(outcome.refusal or f"{outcome.balance_after} points")

What it guarantees, in this order: a request is on disk before it is sent; sent again, it is the same bytes; an outcome is
returned only if the operator's pinned key signed it for exactly these bytes; a receipt is on disk before it is returned. A
rule's no is a value (`outcome.refusal`), a failed call an exception (`errors`), and an act id stands for one act for ever.
"""

from coalition.client.aliases import Alias, alias_token
from coalition.client.blocking import BlockingClient
from coalition.client.channel import open_channel
from coalition.client.client import Client
from coalition.client.consistency import verify_consistency_proof
from coalition.client.errors import (
    ClientError,
    NoAnswerError,
    OutcomeUnknownError,
    ReceiptInvalidError,
    RequestRejectedError,
)
from coalition.client.identity import Identity, load_identity, save_identity
from coalition.client.inclusion import verify_inclusion_proof
from coalition.client.member_proofs import CodeChain, agree, new_chain, prove_device, read_code, spell_code
from coalition.client.outbox import Outbox
from coalition.client.possession import KeyProof, prove_possession
from coalition.client.tls import Tls
from settlement.journal.acts import Outcome

__all__ = [
    "Alias",
    "BlockingClient",
    "Client",
    "ClientError",
    "CodeChain",
    "Identity",
    "KeyProof",
    "NoAnswerError",
    "Outbox",
    "Outcome",
    "OutcomeUnknownError",
    "ReceiptInvalidError",
    "RequestRejectedError",
    "Tls",
    "agree",
    "alias_token",
    "load_identity",
    "new_chain",
    "open_channel",
    "prove_device",
    "prove_possession",
    "read_code",
    "save_identity",
    "spell_code",
    "verify_consistency_proof",
    "verify_inclusion_proof",
]
