"""Members that are enrolled ahead of the order of all entries, until that order has reached their enrolments."""

from heapq import heappop, heappush

from coalition.audit.quiet_lots import InDoubtError
from coalition.audit.records import Key


class Coming:
    """`members`, `aliases`: of whom the order has reached; other entries see only these."""

    def __init__(self, members: dict[str, int], aliases: dict[bytes, str]) -> None:
        self._members, self._aliases = members, aliases
        self._waiting: list[tuple[Key, str, int, tuple[bytes, ...]]] = []
        self._ahead: dict[str | bytes, str] = {}

    def add(self, key: Key, shard: int, member: str, aliases: tuple[bytes, ...]) -> None:
        """A member that is known to nobody yet. `key`: where its enrolment stands."""
        heappush(self._waiting, (key, member, shard, aliases))
        self._ahead[member] = member
        for alias in aliases:
            self._ahead[alias] = member

    def knows(self, member: str) -> bool:
        """Whether it is enrolled, or will be."""
        return member in self._members or member in self._ahead

    def owner(self, alias: bytes) -> str | None:
        """Whose alias it is, or will be."""
        return self._aliases.get(alias, self._ahead.get(alias))

    def reach(self, key: Key | None = None) -> None:
        """Makes members known whose enrolments stand before this; all, without it. InDoubtError if one is known already."""
        waiting = self._waiting
        while waiting and (key is None or waiting[0][0] < key):
            _, member, shard, aliases = heappop(waiting)
            if member in self._members:
                raise InDoubtError
            self._members[member] = shard
            del self._ahead[member]
            for alias in aliases:
                self._ahead.pop(alias, None)
                if self._aliases.setdefault(alias, member) != member:
                    raise InDoubtError
