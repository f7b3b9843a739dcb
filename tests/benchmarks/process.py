"""A server under test in a process of its own: started, metered and stopped."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 15.0
SAMPLE_SECONDS = 0.2
LISTENING = re.compile(r"listening on \S*?:(\d+)")


@dataclass
class Usage:
    """What a server and its children used in a run: CPU seconds (user and system), largest resident set in MiB."""

    cpu_s: float = 0.0
    rss_mb_max: float = 0.0


class ServerProcess:
    """A running server; its output goes to `log`, where a line that matches `listening` says its port."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        listening: re.Pattern[str] = LISTENING,
    ) -> None:
        """Start `command` and wait for its port. Raises RuntimeError if it dies or stays silent."""
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
            )
        self._seen = psutil.Process(self._process.pid)
        try:
            self.target = f"127.0.0.1:{self._await_port(listening)}"
        except BaseException:
            self.stop()
            raise

    def _await_port(self, listening: re.Pattern[str]) -> int:
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if found := listening.search(self._log.read_text(errors="replace")):
                return int(found[1])
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(
            f"the server did not start: {self._log}\n{self._log.read_text(errors='replace')[-2_000:]}"
        )

    @contextmanager
    def metered(self) -> Iterator[Usage]:
        """Meter what runs inside the block; the Usage is complete once the block has ended."""
        usage = Usage()
        done = threading.Event()

        def sample() -> None:
            while not done.wait(SAMPLE_SECONDS):
                usage.rss_mb_max = max(usage.rss_mb_max, self._rss_mb())

        sampler = threading.Thread(target=sample, daemon=True)
        cpu_before_s = self._cpu_s()
        sampler.start()
        try:
            yield usage
        finally:
            usage.cpu_s = self._cpu_s() - cpu_before_s
            done.set()
            sampler.join()
            usage.rss_mb_max = max(usage.rss_mb_max, self._rss_mb())

    def stop(self) -> None:
        """Ask the server to drain (SIGTERM); kill it if it does not end in time."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _family(self) -> list[psutil.Process]:
        return [self._seen, *self._seen.children(recursive=True)]

    def _cpu_s(self) -> float:
        times = [process.cpu_times() for process in self._family()]
        return sum(spent.user + spent.system for spent in times)

    def _rss_mb(self) -> float:
        return sum(process.memory_info().rss for process in self._family()) / 2**20
