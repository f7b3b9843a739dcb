"""Addresses to listen on, read before anything is started with them."""

import ipaddress

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


def metrics_address(text: str | None) -> str | None:
    """HOST:PORT or [HOST]:PORT; wrong usage for any other form."""
    if text is None:
        return None
    if text.startswith("unix:"):
        raise typer.BadParameter("metrics are asked for over HTTP: name HOST:PORT")
    return listen_address(text)


def is_of_this_machine(address: str) -> bool:
    """Whether only this machine reaches an address to listen on: a socket file or a loopback address."""
    host = address.rpartition(":")[0].strip("[]")
    if address.startswith("unix:") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_host(text: str) -> bool:
    if text.startswith("[") and text.endswith("]"):
        return len(text) > len("[]")
    return bool(text) and not any(letter in ":/[]" or letter.isspace() for letter in text)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(PORT_MAX)) and int(text) <= PORT_MAX
