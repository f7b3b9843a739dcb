"""What the house does by itself, in the engine's rules and the model side by side."""

import pytest

from coalition.simulation.model import Model, ModelError, Place
from settlement.clearing.due import fallen_due
from settlement.journal.acts import ENGINE_LINE, Draft
from settlement.journal.leaf import HOUSE
from tests.coalition.simulation.side_by_side import SideBySide
from tests.support.pure_acts import as_entry


def see_to_house(both: SideBySide) -> list[str]:
    """The worker comes by: all that is due, in both; the kinds of the entries."""
    done: list[str] = []
    while True:
        both.now_us += 1
        size = both.house.size
        place, found = Place(HOUSE, size, size, both.now_us), fallen_due(both.house, both.now_us)
        if found is None:
            _nothing_is_due(both, place)
            return done
        assert (*_due_in(both.model, found.draft, place), ENGINE_LINE) == found.draft.lines
        both.grow(as_entry(found.draft, shard=HOUSE, index=size, house=size, time_us=both.now_us))
        done.append(found.draft.kind)


def _due_in(model: Model, draft: Draft, place: Place) -> tuple[tuple[str, str], ...]:
    facts = dict(draft.lines)
    match draft.kind:
        case "auto-close":
            return model.close_by_calendar(place)
        case "overdue":
            return model.overdue(place, int(facts["settlement"]), facts["subject"])
    return model.start_tariff(place)


def _nothing_is_due(both: SideBySide, place: Place) -> None:
    """The model knows of nothing more either."""
    for ask in (both.model.start_tariff, both.model.close_by_calendar):
        with pytest.raises(ModelError, match=r"no (tariff|cycle)"):
            ask(place)
    for settlement in both.house.settlements.values():
        for participant in settlement.nets:
            with pytest.raises(ModelError, match="overdue"):
                both.model.overdue(place, settlement.number, participant)
