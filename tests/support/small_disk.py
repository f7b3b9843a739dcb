"""A folder moved onto a disk so small that it can be filled: needs root, who may mount."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_BLOCK = bytes(1 << 12)


@dataclass(frozen=True)
class SmallDisk:
    """A mounted disk."""

    folder: Path

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def fill(self, *, but_bytes: int = 0) -> None:
        """Leaves no room for one byte, or for so many."""
        with self._filler.open("ab", buffering=0) as filler:
            with suppress(OSError):
                while filler.write(_BLOCK):
                    pass
            assert shutil.disk_usage(self.folder).free == 0
            filler.truncate(filler.tell() - but_bytes)

    def free(self) -> None:
        """Room again."""
        self._filler.unlink()


@contextmanager
def on_small_disk(folder: Path, *, megabytes: int) -> Iterator[SmallDisk]:
    """What is in the folder lies on a disk of this size meanwhile, and is gone with it afterwards."""
    owner = folder.stat()
    aside = folder.with_name(f"{folder.name}.mounting")
    aside.mkdir()
    options = f"size={megabytes}m,mode=0700,uid={owner.st_uid},gid={owner.st_gid}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", aside], check=True)
    try:
        subprocess.run(["cp", "--archive", f"{folder}/.", aside], check=True)
        subprocess.run(["mount", "--bind", aside, folder], check=True)
        yield SmallDisk(folder)
    finally:
        for mounted in (folder, aside):
            subprocess.run(["umount", "--lazy", mounted], check=False)
        shutil.rmtree(aside)
