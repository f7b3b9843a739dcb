"""Which processes of this machine belong to a cluster: told by the name in their command line, not by a number in a file.

A process id may have been given to another program since it was written down. Every process of our server carries the
cluster's name (setting `cluster_name`) in its command line, which is readable whatever the reader's privileges are;
/proc/PID/cwd, which would do too, is closed to root in a container without CAP_SYS_PTRACE.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")


def processes_of(name: str) -> set[int]:
    """The ids of all living processes, postmaster and children, of the cluster with this name."""
    return {pid for pid, words in _command_lines() if _is_postgres(words[0]) and name in " ".join(words)}


def _is_postgres(word: str) -> bool:
    # A child calls itself "postgres: <cluster name>: checkpointer".
    return word.startswith("postgres:") or Path(word).name == "postgres"


def _command_lines() -> Iterator[tuple[int, list[str]]]:
    if (_PROC / "self" / "cmdline").exists():
        yield from _from_proc()
    else:
        yield from _from_ps()


def _from_proc() -> Iterator[tuple[int, list[str]]]:
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes()
            except OSError:
                continue  # It has ended meanwhile.
            if line:  # A zombie, dead but not yet reaped, has none.
                yield int(folder.name), line.decode(errors="replace").split("\0")


def _from_ps() -> Iterator[tuple[int, list[str]]]:
    listing = subprocess.run(
        ["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True
    )
    for line in listing.stdout.splitlines():
        pid, *words = line.split()
        if words:
            yield int(pid), words
