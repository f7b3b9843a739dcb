"""How the outcome of an act is told: a sentence and its place in the journal, or JSON; a refusal ends the command with 3."""

import typer

from coalition.cli.failures import REFUSED, tell_refusal
from coalition.cli.printing import emit, hint, say, utc
from coalition.cli.voice import Voice
from settlement.clock import format_time
from settlement.journal.acts import Outcome


def outcome_document(outcome: Outcome) -> dict[str, object]:
    """An outcome for machines."""
    return {
        "act_id": outcome.act_id,
        "outcome": "accepted" if outcome.refusal is None else "refused",
        "refusal": outcome.refusal,
        "shard": outcome.shard,
        "entry_number": outcome.index,
        "leaf_sha256": outcome.leaf_hash.hex(),
        "payload_sha256": outcome.payload_sha256.hex(),
        "recorded_at": format_time(outcome.recorded_at_us),
        "member_id": outcome.member,
        "balance_after": outcome.balance_after,
        "asset": outcome.asset,
    }


def tell_outcome(voice: Voice, outcome: Outcome, sentence: str, *steps: str) -> None:
    """Tells what became of an act; typer.Exit 3 if it was refused. `sentence` and `steps` are for a yes."""
    if voice.json:
        emit(outcome_document(outcome))
    elif outcome.refusal is None:
        say(sentence)
    if outcome.refusal is not None:
        tell_refusal(outcome.refusal)
    if not voice.json:
        say_place(outcome)
    if outcome.refusal is not None:
        raise typer.Exit(REFUSED)
    if not voice.json:
        hint(*steps, flags=voice.flags)


def say_place(outcome: Outcome) -> None:
    """Where an act stands in the journal."""
    say(
        f"  entry {outcome.shard}:{outcome.index}, recorded {utc(outcome.recorded_at_us)}, act {outcome.act_id}"
    )
