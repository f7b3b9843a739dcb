"""All targets by name."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.fuzz.answers import reads, receipts
from tests.fuzz.bank import banks
from tests.fuzz.bundles import bundles
from tests.fuzz.doors import doors
from tests.fuzz.files import files
from tests.fuzz.material import Material
from tests.fuzz.proofs import proofs
from tests.fuzz.readers import notes_of, readers
from tests.fuzz.requests import requests
from tests.fuzz.target import Target


@contextmanager
def opened(material: Material, names: set[str]) -> Iterator[dict[str, Target]]:
    """The targets of these names, with what runs beside them."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="coalition-fuzz-")))
        forgery = material.taken_apart
        targets = [
            *readers(material),
            *proofs(forgery, notes_of(forgery), material.vkey),
            *requests(),
            receipts(),
            *files(folder),
            bundles(material, folder),
            *banks(),
        ]
        if "reads" in names:
            targets.append(running.enter_context(reads()))
        if "door" in names:
            targets.append(running.enter_context(doors(folder)))
        yield {target.name: target for target in targets}
