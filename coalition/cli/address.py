"""Addresses to listen on, read before anything is started with them."""

import typer

PORT_MAX = 65_535
_FORMS = "HOST:PORT with a port from 0 to 65535, [HOST]:PORT for IPv6, or unix:/path"


def listen_address(text: str) -> str:
    """The address as it was written; wrong usage unless it has one of the forms that a server can listen on."""
    if text.startswith("unix:/"):
        return text
    host, _, port = text.rpartition(":")
    if not _is_host(host) or not _is_port(port):
        raise typer.BadParameter(f"{text!r} is no address; name it as {_FORMS}")
    return text


def _is_host(text: str) -> bool:
    if text.startswith("[") and text.endswith("]"):
        return len(text) > len("[]")
    return bool(text) and not any(letter in ":/[]" or letter.isspace() for letter in text)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(PORT_MAX)) and int(text) <= PORT_MAX
