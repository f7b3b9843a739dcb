"""What members can be known by: the keys of their devices, and the anchors of their chains of codes."""

from dataclasses import dataclass, field

DEVICES_MAX = 5


@dataclass(slots=True)
class KnownProofs:
    """Proofs of members as one batch sees them: by member and name, a DER SubjectPublicKeyInfo or an anchor."""

    of_member: dict[str, dict[str, bytes]] = field(default_factory=dict)
    changed: dict[tuple[str, str], bytes | None] = field(default_factory=dict)
    """By member and name; None: removed."""

    def of(self, member: str) -> dict[str, bytes]:
        """A member's proofs by name."""
        return self.of_member.get(member, {})

    def set(self, member: str, name: str, public: bytes) -> None:
        """Adds a proof, or puts another in its place."""
        self.of_member.setdefault(member, {})[name] = self.changed[member, name] = public

    def remove(self, member: str, name: str) -> None:
        """Ends a proof."""
        del self.of_member[member][name]
        self.changed[member, name] = None
