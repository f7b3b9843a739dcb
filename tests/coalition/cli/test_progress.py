"""A bar with rate and time left appears on a terminal, and only for what takes long."""

import io
import time

import pytest
from rich.console import Console

from coalition.cli import progress as module


def _shown(monkeypatch: pytest.MonkeyPatch, *, terminal: bool, quiet_seconds: float) -> str:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=terminal, width=120)
    monkeypatch.setattr(module, "err", console)
    monkeypatch.setattr(module, "QUIET_SECONDS", quiet_seconds)
    with module.progress() as tell:
        for done in (1_000, 2_000, 3_000):
            tell("entries", done, 10_000)
            time.sleep(0.01)
        console.print("a finding")
    return screen.getvalue()


def test_the_bar_says_how_far_how_fast_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = _shown(monkeypatch, terminal=True, quiet_seconds=0)
    assert "entries" in shown
    assert "3000/10000" in shown
    assert "/s" in shown
    assert "left" in shown
    assert "a finding\n" in shown


@pytest.mark.parametrize(("terminal", "quiet_seconds"), [(True, 60.0), (False, 0.0)])
def test_what_is_quick_or_no_terminal_shows_no_bar(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, quiet_seconds: float
) -> None:
    assert _shown(monkeypatch, terminal=terminal, quiet_seconds=quiet_seconds) == "a finding\n"
