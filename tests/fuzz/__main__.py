"""`python -m tests.fuzz FOLDER SEED TARGET=CASES...` runs targets on the material in a folder; prints as JSON how it went."""

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path

from tests.fuzz.material import Material
from tests.fuzz.running import peak_bytes, run
from tests.fuzz.targets import opened

ADDRESS_SPACE_BYTES = 4 * 2**30
"""An input that makes the program ask for more ends it at once, instead of the machine."""


def main() -> None:
    """Exits with 1 and a traceback that ends with the case as a literal, if one broke its law."""
    folder, first_seed, *wanted = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    counts = {name: int(cases) for name, _, cases in (word.partition("=") for word in wanted)}
    with opened(Material(Path(folder)), set(counts)) as targets:
        ran = [run(targets[name], cases=cases, first_seed=int(first_seed)) for name, cases in counts.items()]
    sys.stdout.write(json.dumps({"peak_bytes": peak_bytes(), "ran": [asdict(each) for each in ran]}))


main()
