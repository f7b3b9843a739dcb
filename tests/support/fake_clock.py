"""A clock that tests set: processes that run with its environment see it as the time (Debian's package `faketime`)."""

from dataclasses import dataclass
from pathlib import Path

_LIBRARIES = "usr/lib/*/faketime/libfaketime.so.1"


@dataclass(frozen=True)
class FakeClock:
    """A clock whose distance from the real one stands in a file."""

    file: Path

    def set(self, seconds: int) -> None:
        """So many seconds ahead of the real time; negative: behind it."""
        fresh = self.file.with_name("clock.new")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.chmod(0o644)
        fresh.replace(self.file)

    @property
    def environment(self) -> dict[str, str]:
        """For whom this is the time. The monotonic clock stays: nobody can set that of a machine either."""
        (library,) = Path("/").glob(_LIBRARIES)
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
