"""What the server counts about its calls, for Prometheus. Labels come from fixed lists: no caller can make a new series."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.process_collector import ProcessCollector

from coalition.wire.methods import METHODS
from settlement.errors import CoalitionError

SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_log = structlog.get_logger(__name__)
# They double the number of series, and nobody asks for them.
disable_created_metrics()  # type: ignore[no-untyped-call]


class CallMeter:
    """Counts the calls of one method."""

    def __init__(self, method: str, calls: Counter, seconds: Histogram) -> None:
        self._method = method
        self._calls = calls
        self._ok = calls.labels(method, "ok", "")
        self._seconds = seconds.labels(method)

    def answered(self, began_s: float, refusal: str | None) -> None:
        """A call that has its answer; `began_s` by `perf_counter`."""
        self._seconds.observe(perf_counter() - began_s)
        if refusal is None:
            self._ok.inc()
        else:
            self._calls.labels(self._method, "refused", refusal).inc()

    def failed(self, began_s: float, reason: str) -> None:
        """A call that ended with an error."""
        self._seconds.observe(perf_counter() - began_s)
        self._calls.labels(self._method, "failed", reason).inc()


class CallMetrics:
    """The registry of one server, and the meters of its calls. More is registered by whoever knows it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.under_way = 0
        calls = Counter(
            "coalition_calls",
            "Calls that have their answer: ok, refused (recorded) or failed (nothing recorded), and why.",
            ("method", "outcome", "reason"),
            registry=self.registry,
        )
        seconds = Histogram(
            "coalition_call_seconds",
            "From the first look at a call to its answer.",
            ("method",),
            buckets=SECONDS_BUCKETS,
            registry=self.registry,
        )
        under_way = Gauge(
            "coalition_calls_under_way", "Calls without their answer yet.", registry=self.registry
        )
        under_way.set_function(lambda: self.under_way)
        self._meters = {path: CallMeter(short_name(path), calls, seconds) for path in METHODS}

    def of(self, path: str) -> CallMeter:
        """The meter of a method."""
        return self._meters[path]


def short_name(path: str) -> str:
    """`ExchangeService/Issue` of `/coalition.api.v1.ExchangeService/Issue`."""
    return path.rpartition(".")[2]


@contextmanager
def metrics_served(address: str | None, registry: CollectorRegistry) -> Iterator[None]:
    """Answers GET at HOST:PORT meanwhile, in threads of its own. CoalitionError LISTEN_FAILED."""
    if address is None:
        yield
        return
    host, _, port = address.rpartition(":")
    try:
        server, thread = start_http_server(int(port), host.strip("[]"), registry)
    except OSError as error:
        message = (
            f"cannot listen on {address} for metrics ({error.strerror}); name another address with --metrics"
        )
        raise CoalitionError("LISTEN_FAILED", message) from None
    _log.info("metrics_listening", address=f"{host}:{server.server_port}")
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
