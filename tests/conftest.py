"""What holds for every test: how long Hypothesis may think, how its cases are drawn, and the PostgreSQL that all share."""

import contextlib
import gc
import os
import signal
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, settings

from tests.support import postgres

if TYPE_CHECKING:
    from tests.support.network import RunningServer

FIRST = (
    "test_one_long_story",
    "test_many_stories",
    "test_real_postgres",
    "tests/fuzz",
    "gateway/test_limits",
    "gateway/test_following",
    "gateway/test_tls",
    "test_readme",
    "demo/test_command",
    "tests/system",
    "test_planted_bugs",
)
"""The longest: no worker is to be left alone with one at the end. Those that wait for clocks go beside those that only work."""
GARBAGE_OBJECTS = 50_000
"""So many more objects than before make Python look for garbage, once all tests are loaded: until then nothing is."""
gc.disable()

DRAWS, MANY_DRAWS = 50, 1_000
"""Cases of each property: in `make test`, and in `make test-long`."""

# No deadline: these tests share the machine with a database. In CI the same cases are drawn on every run.
settings.register_profile("dev", deadline=None, max_examples=DRAWS)
settings.register_profile("ci", deadline=None, max_examples=DRAWS, derandomize=True, print_blob=True)
settings.register_profile("many", deadline=None, max_examples=MANY_DRAWS, print_blob=True)
# A mutant that is found need not be understood: the first case that fails will do.
settings.register_profile(
    "mutation", deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile(
    "mutation" if "MUTANT_UNDER_TEST" in os.environ else "ci" if os.environ.get("CI") else "dev"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest ... --rewrite`: scenarios and pages get what was answered written into them, to be read in the diff."""
    parser.addoption("--rewrite", action="store_true", help="write answers into scenarios and pages")


def pytest_configure(config: pytest.Config) -> None:
    """The process that controls the run decides where PostgreSQL will be; its workers inherit that. Interrupts work."""
    if not hasattr(config, "workerinput"):
        postgres.announce()
        _work_in_memory()
        _take_long_turns()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell's background job ignores interrupts, and so would every program that a test starts and interrupts.
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _work_in_memory() -> None:
    """What tests write is thrown away with them: it goes to no disk, where there is room and programs may be run.

    It saved a third of the time that the system itself took.
    """
    folder = postgres.memory_with_room()
    if folder is not None and not os.statvfs(folder).f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def _take_long_turns() -> None:
    """More processes than cores: each switch costs the processor's caches, so who wakes up waits for a turn.

    All that is started inherits it. On two cores it saved a tenth of all work; where a system has no such turns, nothing changes.
    """
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops PostgreSQL once all workers are done."""
    if not hasattr(config, "workerinput"):
        postgres.clean_up()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those of `FIRST` in its order, then all others as they were found."""
    items.sort(
        key=lambda item: next((at for at, part in enumerate(FIRST) if part in item.nodeid), len(FIRST))
    )


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: looking through it for garbage, over and over, took a tenth of the time."""
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS)
    gc.enable()


@pytest.fixture
def database_url() -> Iterator[str]:
    """A fresh empty database, as its superuser; dropped afterwards."""
    url = postgres.new_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator["RunningServer"]:
    """A served network with one active partner, `bakery`; its tests share it."""
    # Here, for most tests need no network and no time to load one.
    from tests.support import network as support

    url = postgres.new_books()
    server = support.start_server(support.new_site(tmp_path_factory.mktemp("network"), url))
    try:
        support.onboard(server, "bakery")
        yield server
    finally:
        server.stop()
        postgres.drop_database(url)


@pytest.fixture
def rewrites(request: pytest.FixtureRequest) -> bool:
    """Whether scenarios and pages are written instead of compared."""
    return bool(request.config.getoption("--rewrite"))
