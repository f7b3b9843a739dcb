"""One error vocabulary for the whole engine.

A *refusal* is a value: a rule said no, and the no is recorded. An *error* is an exception of this module: the call failed and
nothing was recorded. Every error carries a `reason` in UPPER_SNAKE; `coalition.errors` maps each reason to one gRPC code.
"""


class CoalitionError(Exception):
    """An expected failure that names what is wrong and how to cure it.

    `reason` is a stable UPPER_SNAKE word for machines; `message` is a sentence for people; `field` names the bad input, if any.
    """

    def __init__(self, reason: str, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.field = field


class UnavailableError(CoalitionError):
    """Something that this process needs is away; its message is for whoever runs the process, never for a caller."""


class BooksError(CoalitionError):
    """The stored books contradict themselves: posting stops, a person must look. Never caused by a partner's input."""

    def __init__(self, message: str) -> None:
        super().__init__("BOOKS_INCONSISTENT", message)


def what_failed(error: Exception) -> str:
    """What a log may say: the words of this engine and of the system; of other errors their kind alone, for they quote rows."""
    told = isinstance(error, UnavailableError | OSError)
    return str(error) if told else type(error).__name__
