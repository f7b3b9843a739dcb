"""What the model says of entries that nobody asked for: the engine's own."""

from collections.abc import Callable

from coalition.simulation.model import Model, ModelError, Place
from coalition.simulation.model.openings import PartName
from coalition.simulation.verdict import ViolationError
from settlement.journal.acts import ENGINE_LINE
from settlement.journal.leaf import Entry

Lines = tuple[tuple[str, str], ...]
_BY_ITSELF = "what the house does by itself is due"
_SEEN_TO = "only what is due expires, matures or is told"


def _see_to(model: Model, place: Place, entry: Entry) -> Lines:
    return model.see_to(place, entry.kind, entry.one("member"))


def _statements(model: Model, place: Place, entry: Entry) -> Lines:
    return model.name_statements(place, entry.all("document"))


def _opening(model: Model, place: Place, entry: Entry) -> Lines:
    name = PartName(entry.one("subject"), entry.one("proposal"), int(entry.one("part")))
    return model.load_opening(place, name, entry.all("joined"))


_DUE: dict[str, tuple[str, Callable[[Model, Place, Entry], Lines]]] = {
    "cut": ("cuts are due", lambda model, place, _: model.cut(place)),
    "tariff-start": (_BY_ITSELF, lambda model, place, _: model.start_tariff(place)),
    "forward": (
        "practice clocks are set ahead",
        lambda model, place, entry: model.forward(place, int(entry.one("days"))),
    ),
    "auto-close": (_BY_ITSELF, lambda model, place, _: model.close_by_calendar(place)),
    "overdue": (
        _BY_ITSELF,
        lambda model, place, entry: model.overdue(place, int(entry.one("settlement")), entry.one("subject")),
    ),
    "lapse": ("lapses are due", lambda model, place, entry: model.lapse(place, entry.one("original"))),
    "arrive": (
        "transfers arrive once",
        lambda model, place, entry: model.arrive(place, entry.one("original")),
    ),
    "statements": ("statements are named in turn", _statements),
    "opening": ("openings are loaded as they were approved", _opening),
    "expire": (_SEEN_TO, _see_to),
    "mature": (_SEEN_TO, _see_to),
    "notice": (_SEEN_TO, _see_to),
}
"""Kind to the law that it keeps, and what must stand there, with or without `request none`. ModelError: nothing may."""
UNASKED = frozenset(_DUE)


def check_unasked(model: Model, place: Place, entry: Entry) -> None:
    """ViolationError unless the entry is the one that had to stand there; the model takes it into account."""
    law, due_of = _DUE[entry.kind]
    where = f"{place.shard}:{place.index}"
    try:
        due = due_of(model, place, entry)
    except ModelError as error:
        raise ViolationError(law, f"{where}: {error.reason} {error.message}") from None
    if _told(due) != _told(entry.lines):
        raise ViolationError(law, f"{where} is {entry.lines}, due is {due}")


def _told(lines: Lines) -> list[tuple[str, str]]:
    return [line for line in lines if line != ENGINE_LINE]
