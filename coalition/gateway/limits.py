"""How often one may call: a token bucket for each partner, and one for the failed calls of each address.

Whoever is over the limit is answered RATE_LIMITED before a signature is verified, and nothing is recorded. A bucket is one
number, so a check costs a microsecond (the library `limits` takes 12 to 25 at this rate, for threads that tidy up).
"""

import time

from settlement.errors import CoalitionError

BURST_SECONDS = 2.0
"""A bucket holds what its rate gives in this time."""
NAMES_MAX = 10_000
"""So many buckets are kept that are not full again."""


class RateLimitedError(CoalitionError):
    """Too many calls. `retry_seconds`: after this time one more is let in."""

    def __init__(self, what: str, retry_seconds: float) -> None:
        message = f"too many {what}; call again in {retry_seconds:.3f} s"
        super().__init__("RATE_LIMITED", message)
        self.retry_seconds = retry_seconds


class Meter:
    """A token bucket for each name, all filling at `per_second`; 0 means no limit.

    It is the generic cell rate algorithm (ITU-T I.371): all that is kept of a bucket is when it will be full again.
    """

    def __init__(self, per_second: float) -> None:
        self._seconds_each = 1.0 / per_second if per_second else 0.0
        self._full_at: dict[str, float] = {}

    def wait_seconds(self, name: str) -> float:
        """How long until the next of this name may come; 0.0 if it may now."""
        full_at = self._full_at.get(name)
        return 0.0 if full_at is None else max(0.0, full_at - time.monotonic() - BURST_SECONDS)

    def charge(self, name: str) -> None:
        """Takes a token, whether there is one or not."""
        if not self._seconds_each:
            return
        now = time.monotonic()
        self._full_at[name] = max(self._full_at.get(name, now), now) + self._seconds_each
        if len(self._full_at) > NAMES_MAX:
            self._forget(now)

    def _forget(self, now: float) -> None:
        """Full buckets need not be kept. If that is not enough all begin anew: memory counts more than a flood's first calls."""
        self._full_at = {name: full_at for name, full_at in self._full_at.items() if full_at > now}
        if len(self._full_at) > NAMES_MAX // 2:
            self._full_at = {}


class Limits:
    """The limits of a server. Calls are counted per partner, whose refused acts count twice, as each grows the journal.

    Calls that fail before their partner is known are counted per address.
    """

    def __init__(self, *, calls_per_second: float = 0.0, failures_per_second: float = 0.0) -> None:
        self.calls = Meter(calls_per_second)
        self.failures = Meter(failures_per_second)

    def check_address(self, address: str) -> None:
        """RateLimitedError if too many calls from there have failed."""
        if (wait := self.failures.wait_seconds(address)) > 0.0:
            raise RateLimitedError("failed calls from this address", wait)

    def check_partner(self, partner: str) -> None:
        """RateLimitedError if the partner has called too often."""
        if (wait := self.calls.wait_seconds(partner)) > 0.0:
            raise RateLimitedError("calls of this partner", wait)
