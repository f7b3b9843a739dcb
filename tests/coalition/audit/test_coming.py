"""Members that are enrolled ahead of the order: who may know of them, and from when on."""

import pytest

from coalition.audit.coming import Coming
from coalition.audit.quiet_lots import InDoubtError


def test_others_know_a_member_when_the_order_has_reached_it() -> None:
    members, aliases = {"anna": 1}, {b"a": "anna"}
    coming = Coming(members, aliases)
    coming.add((5, 0, 90, 2), 2, "carla", (b"c", b"d"))
    coming.add((5, 0, 40, 1), 1, "boris", (b"b",))
    assert [coming.knows(name) for name in ("anna", "boris", "carla", "dora")] == [True, True, True, False]
    assert [coming.owner(name) for name in (b"a", b"b", b"c", b"x")] == ["anna", "boris", "carla", None]
    coming.reach((5, 0, 40, 1))
    assert members == {"anna": 1}
    coming.reach((5, 0, 90, 1))
    assert (members, aliases) == ({"anna": 1, "boris": 1}, {b"a": "anna", b"b": "boris"})
    coming.reach()
    assert (members["carla"], aliases[b"c"], aliases[b"d"]) == (2, "carla", "carla")
    assert coming.knows("carla")
    assert coming.owner(b"d") == "carla"


def test_a_name_that_is_nobodys_is_taken() -> None:
    assert Coming({}, {b"taken": ""}).owner(b"taken") == ""


@pytest.mark.parametrize(("member", "alias"), [("anna", b"b"), ("boris", b"a")])
def test_what_another_entry_gave_away_meanwhile_is_in_doubt(member: str, alias: bytes) -> None:
    members, aliases = dict[str, int](), dict[bytes, str]()
    coming = Coming(members, aliases)
    coming.add((1, 0, 1, 1), 1, "anna", (b"a",))
    members[member], aliases[alias] = 1, member
    with pytest.raises(InDoubtError):
        coming.reach((1, 0, 2, 1))
