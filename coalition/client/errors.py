"""What can go wrong for a partner, as few kinds of exception as a partner can act on differently.

A refusal is none of them: it is a recorded answer, found in `Outcome.refusal`.
"""

from settlement.errors import CoalitionError


class ClientError(CoalitionError):
    """Whatever the client raises on purpose. By itself: wrong use, found before anything was sent."""


class RequestRejectedError(ClientError):
    """The network answered with an error; `reason` is one of the proto's ErrorReason, without its prefix.

    `code` is the gRPC status' name. `nothing_recorded`: it is certain that this request left no trace, so a fresh one may be made
    with the same act id (the outbox has let go of it). Otherwise an earlier attempt may still have been recorded: calling again
    with the same act id, or `receipt(act_id=...)`, tells.
    """

    def __init__(
        self, reason: str, message: str, *, field: str | None, code: str, nothing_recorded: bool
    ) -> None:
        super().__init__(reason, message, field=field)
        self.code = code
        self.nothing_recorded = nothing_recorded


class NoAnswerError(ClientError):
    """No usable answer inside the deadline: unreachable, too slow, or broken. A read may simply be repeated.

    `reason` is the name of the last gRPC status, for example UNAVAILABLE, or ANSWER_MALFORMED.
    """


def answer_malformed(wrong: str) -> NoAnswerError:
    """For a read whose answer is not what its method answers: another kind of server, or somebody between."""
    return NoAnswerError("ANSWER_MALFORMED", f"the answer is not one of this method: {wrong}")


class OutcomeUnknownError(NoAnswerError):
    """No answer to an act: it may have been recorded or not. Calling again with the same act id is safe and tells."""

    def __init__(self, act_id: str, cause: NoAnswerError) -> None:
        message = (
            f"the outcome of act {act_id} is unknown ({cause.message}); "
            "calling again with the same act id is safe: the same bytes are sent, and nothing happens twice"
        )
        super().__init__(cause.reason, message)
        self.act_id = act_id


class ReceiptInvalidError(ClientError):
    """A receipt is not the pinned operator's, or answers something else. Never tried again silently; the act stays pending.

    Somebody stands between, the operator's key changed, or the operator misbehaves: a person must look.
    """

    def __init__(self, act_id: str, message: str) -> None:
        super().__init__("RECEIPT_INVALID", f"the receipt of act {act_id} does not hold: {message}")
        self.act_id = act_id
