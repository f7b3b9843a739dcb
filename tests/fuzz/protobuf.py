"""Changes to protobuf's own form: fields left out, doubled, renumbered, of another kind, nested, spelled in too many bytes.

A message is read as anybody can read it, without its descriptor: number, wire type, value; what has a length may be a message.
"""

from dataclasses import dataclass, replace

from tests.fuzz.changes import Change, in_bytes

VARINT, EIGHT, LENGTH, GROUP, END, FOUR = range(6)
_FIXED = {EIGHT: 8, FOUR: 4}


@dataclass(frozen=True)
class Field:
    """One field as it stands in the bytes; `content` comes after number and wire type, without a length."""

    number: int
    wire: int
    content: bytes

    def spelled(self) -> bytes:
        """Its bytes."""
        length = varint(len(self.content)) if self.wire == LENGTH else b""
        return varint(self.number << 3 | self.wire) + length + self.content


def varint(number: int, *, least: int = 1) -> bytes:
    """A number in at least so many bytes; below zero as protobuf writes it, in 64 bits."""
    number &= 2**64 - 1
    groups: list[int] = []
    while number > 0x7F or len(groups) < least - 1:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def fields_of(data: bytes) -> list[Field] | None:
    """The fields of a message, or None if these bytes are none."""
    found, at = [], 0
    while at < len(data):
        key, at = _number(data, at)
        wire, start = key & 7, at
        if wire == VARINT:
            _, at = _number(data, at)
        elif wire == LENGTH:
            length, start = _number(data, at)
            at = start + length
        else:
            at += _FIXED.get(wire, len(data) + 1)
        if key < 8 or at > len(data):
            return None
        found.append(Field(key >> 3, wire, data[start:at]))
    return found


def _number(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(data):
        number |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            return number, at
    return number, len(data) + 1


def in_message(data: bytes, change: Change) -> bytes:
    """Changes one field, of the message or of one inside it."""
    fields = fields_of(data)
    if not fields:
        return Field(1 + change.place % 20, change.what % 6, change.shred).spelled() + data
    at = change.place % len(fields)
    chosen = fields[at]
    deeper = replace(change, place=change.place // len(fields))
    if chosen.wire == LENGTH and fields_of(chosen.content) and deeper.place % 3:
        fields[at] = replace(chosen, content=in_message(chosen.content, deeper))
        return _joined(fields)
    return _changed(fields, at, change)


def _changed(fields: list[Field], at: int, change: Change) -> bytes:
    chosen, other = fields[at], change.edge % len(fields)
    match change.what % 8:
        case 0:
            del fields[at]
        case 1:
            fields.insert(other, chosen)
        case 2:
            fields[at] = Field(chosen.number, VARINT, varint(change.number()))
        case 3:
            other_content = in_bytes(chosen.content, change) if change.edge % 4 else change.shred
            fields[at] = Field(chosen.number, LENGTH, other_content)
        case 4:
            fields[at] = replace(chosen, number=1 + change.edge // 2)
        case 5:
            fields[at] = Field(chosen.number, LENGTH, chosen.spelled() * (1 + change.edge % 9))
        case 6:
            return _misspelled(fields, at, change)
        case _:
            fields[at:at] = [Field(chosen.number, chosen.wire, chosen.content)] * (change.edge % 40)
    return _joined(fields)


def _misspelled(fields: list[Field], at: int, change: Change) -> bytes:
    """A key or length in too many bytes, a length that is not the content's, groups that open or close."""
    before, chosen, after = _joined(fields[:at]), fields[at], _joined(fields[at + 1 :])
    long_key = varint(chosen.number << 3 | chosen.wire, least=1 + change.edge % 12)
    odd_length = varint(change.number()) if chosen.wire == LENGTH else b""
    group = varint(chosen.number << 3 | GROUP) * (1 + change.edge * 2)
    middle = (long_key + chosen.content, long_key + odd_length + chosen.content, group)[change.edge % 3]
    return before + middle + after


def _joined(fields: list[Field]) -> bytes:
    return b"".join([field.spelled() for field in fields])
