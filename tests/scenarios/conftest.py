"""The option that has scenarios written anew."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest tests/scenarios --rewrite`: writes what was answered into the files, to be read in the diff."""
    parser.addoption("--rewrite", action="store_true", help="write into each scenario what was answered")


@pytest.fixture
def rewrites(request: pytest.FixtureRequest) -> bool:
    """Whether files are written instead of compared."""
    return bool(request.config.getoption("--rewrite", default=False))
