"""How far an audit has come: counts what was replayed and verified, and tells the caller now and then."""

from coalition.audit.checks import Check, Progress, Report
from coalition.audit.signatures import Bad

TOLD_EVERY = 1_000


class Watch:
    """Receives the events of one audit."""

    def __init__(self, report: Report, progress: Progress | None) -> None:
        self._report = report
        self._progress = progress
        self._signatures_done = 0

    def hashed(self, done: int, total: int) -> None:
        """So many files are compared with the manifest."""
        self._tell("files", done, total)

    def replayed(self, done: int, total: int) -> None:
        """So many entries are replayed."""
        self._tell("entries", done, total)

    def compared(self, done: int) -> None:
        """So many tables are compared."""
        self._tell("tables", done, done)

    def verified(self, number: int, bad: Bad) -> None:
        """A chunk of signatures is verified."""
        self._report.count(Check.SIGNATURES, number)
        for where, why in bad:
            self._report.find(Check.SIGNATURES, where, why)
        self._signatures_done += number
        if self._progress is not None:
            self._progress("signatures", self._signatures_done, 0)

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self._progress is not None and (done % TOLD_EVERY == 0 or done == total):
            self._progress(stage, done, total)
