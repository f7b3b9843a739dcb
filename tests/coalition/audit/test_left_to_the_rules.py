"""Which acts are not put off: those that come one by one among others, and those of which something does not hold."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from coalition.audit.ordinary_rows import ISSUE, OrdinaryRows
from coalition.audit.quiet_lots import InDoubtError
from tests.coalition.audit.ordinary_story import (
    MEMBERS,
    PARTNERS,
    Asked,
    Told,
    in_columns,
)
from tests.coalition.audit.quiet_history import Quiet
from tests.support.pure_acts import fresh_id, house_of

ANNA, BORIS, _ = MEMBERS


def test_an_act_of_a_member_that_is_not_here_is_left() -> None:
    told, mine = Told(house_of(*PARTNERS)), Quiet(house_of(*PARTNERS))
    acts = [act for member in (ANNA, BORIS) if (act := told.ask((ISSUE, member, "bakery", 5, 0)))]
    stranger = replace(acts[1], member=fresh_id())
    assert mine.take([acts[0], stranger], told) == [stranger]
    assert mine.take([acts[1]], told) == []
    mine.assert_same(told, mine.shard.settle())


@pytest.mark.parametrize(("owner", "is_left"), [(ANNA, False), (BORIS, True), (None, True)])
def test_an_act_that_names_the_member_by_an_alias_of_another_is_left(
    owner: str | None, *, is_left: bool
) -> None:
    told, mine = Told(house_of(*PARTNERS)), Quiet(house_of(*PARTNERS))
    if owner is not None:
        mine.history.aliases[b"alias"] = owner
    acts = [act for member in (BORIS, ANNA) if (act := told.ask((ISSUE, member, "bakery", 5, 0)))]
    run: OrdinaryRows = replace(in_columns(acts, told.book), aliases={acts[1].index: b"alias"})
    assert mine.take_rows(run) == acts[1:] * is_left


def test_who_is_named_by_others_acts_one_by_one_among_those_who_are_put_off() -> None:
    told, mine = Told(house_of(*PARTNERS)), Quiet(house_of(*PARTNERS))
    drawn: list[Asked] = [(ISSUE, member, "bakery", 5, 1) for member in (ANNA, BORIS, ANNA)]
    acts = [act for asked in drawn if (act := told.ask(asked))]
    assert mine.shard.begin(in_columns(acts, told.book), 1, {ANNA: acts[1].index}) == [acts[0], acts[2]]
    assert mine.shard.take(acts[0], None)
    assert mine.wallets[ANNA].balance == 5
    with pytest.raises(InDoubtError):
        BORIS in mine.wallets  # noqa: B015 - asking is what counts


@pytest.mark.parametrize(("enrolled", "is_early"), [(0, False), (3, True)])
def test_nobody_acts_before_it_is_enrolled(enrolled: int, *, is_early: bool) -> None:
    told, late = Told(house_of(*PARTNERS)), fresh_id()
    acts = [act for _ in range(2) if (act := told.ask((ISSUE, ANNA, "bakery", 5, 1)))]
    rows = in_columns(
        [replace(act, member=late, index=number) for number, act in enumerate(acts, 1)], told.book
    )
    for run, named in ((rows, {}), (rows.part(0, 0), {late: 2})):
        mine = Quiet(house_of(*PARTNERS))
        mine.shard.begin(rows.part(0, 0), 1, {})
        mine.shard.enrol(late, enrolled)
        with pytest.raises(InDoubtError) if is_early else nullcontext():
            mine.shard.begin(run, 1, named)
