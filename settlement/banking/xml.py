"""XML from outside: no DTD, so no entities; no network; no more bytes than a bank's file ever has, and no deeper than 256, which
is libxml2's own bound."""

import io
from collections.abc import Collection
from typing import Any

from settlement.errors import CoalitionError

XML_BYTES_MAX = 16 * 2**20
_COMPRESSED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf")
_SPACES = "urn:iso:std:iso:20022:tech:xsd:"


class BankFileError(CoalitionError):
    """A bank's file cannot be taken; it names the line and the field that are wrong. Nothing of it was used."""

    def __init__(self, message: str, *, line: int | None = None, field: str | None = None) -> None:
        where = ", ".join([*([f"line {line}"] if line else []), *([field] if field else [])])
        super().__init__("BANK_FILE_INVALID", f"{where}: {message}" if where else message, field=field)


def parse_document(data: bytes, messages: Collection[str]) -> Any:
    """The one message in an ISO 20022 `Document` of one of these kinds (as `camt.053.001.08`). BankFileError otherwise."""
    if len(data) > XML_BYTES_MAX:
        raise BankFileError(f"the file has {len(data)} bytes, at most {XML_BYTES_MAX} are read")
    if data.startswith(_COMPRESSED):
        raise BankFileError("the file is compressed: unpack it first")
    _refuse_dtd(data)
    root = _parsed(data)
    space, _, name = root.tag.removeprefix("{").rpartition("}")
    if name != "Document" or space.removeprefix(_SPACES) not in messages or len(root) != 1:
        message = f"this is no {' or '.join(sorted(messages))}, but {name[:40]!r} of {space[:80]!r}"
        raise BankFileError(message, line=root.sourceline, field="Document")
    return root[0]


def _refuse_dtd(data: bytes) -> None:
    """Reads as far as the first element: only before it a DTD can stand."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    try:
        next(iter(iterparse(io.BytesIO(data), events=("start",), forbid_dtd=True)), None)
    except DefusedXmlException:
        raise BankFileError("the file has a document type (DTD), which no bank's file has") from None
    except (ParseError, LookupError, ValueError) as error:
        line = getattr(error, "position", (None, 0))[0]
        raise BankFileError(f"this is no well-formed XML: {error}", line=line) from None


def _parsed(data: bytes) -> Any:
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise BankFileError(f"this is no well-formed XML: {error.msg}", line=error.lineno) from None


def children(element: Any, path: str) -> list[Any]:
    """The elements at a path of local names, in the namespace of the element where it begins."""
    space = element.tag.partition("}")[0] + "}"
    return list(element.findall("/".join(space + name for name in path.split("/"))))


def child(element: Any, path: str) -> Any:
    """The one element at a path. BankFileError: there is none, or there are more."""
    found = children(element, path)
    if len(found) != 1:
        raise BankFileError(
            f"it stands here {len(found)} times, once is right", line=element.sourceline, field=path
        )
    return found[0]


def text(element: Any, path: str, *, most: int = 140) -> str:
    """The words of the one element at a path, without blanks around. BankFileError: missing, empty or longer than `most`."""
    found = child(element, path)
    words = (found.text or "").strip()
    if len(found) or not 0 < len(words) <= most:
        raise BankFileError(f"it must have 1 to {most} characters", line=found.sourceline, field=path)
    return words


def text_if_any(element: Any, path: str, *, most: int = 140) -> str:
    """The same, or nothing if no such element is there or it has no words."""
    return (
        text(element, path, most=most)
        if any((each.text or "").strip() for each in children(element, path))
        else ""
    )
