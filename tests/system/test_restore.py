"""Books restored to an earlier state are not served: the log would sign a second history."""

from pathlib import Path

import pytest

from coalition.cli.site import Site
from settlement.errors import BooksError
from tests.support.network import new_site, onboard, start_server
from tests.support.postgres import copy_books, drop_database


def test_books_older_than_the_guard_are_not_served(tmp_path: Path, database_url: str) -> None:
    site = new_site(tmp_path, database_url)
    serve_and_take_in(site, "bakery")
    backup = copy_books(database_url)
    serve_and_take_in(site, "grocer")
    with pytest.raises(BooksError, match="older backup"):
        start_server(Site(site.data, backup))
    drop_database(backup)
    serve_and_take_in(site, "cinema")


def serve_and_take_in(site: Site, partner: str) -> None:
    server = start_server(site)
    onboard(server, partner)
    server.stop()
