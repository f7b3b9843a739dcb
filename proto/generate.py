"""Generate `coalition/api` from the .proto files of this folder, or prove with `--check` that it is fresh.

Per proto: messages (`_pb2.py`), gRPC stubs and servicers (`_pb2_grpc.py`) and the types of both (`.pyi`).
The result is committed and never edited; the versions of the generators are those of `requirements/dev.txt`.
"""

import argparse
import sys
import sysconfig
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

PROTO_ROOT = Path(__file__).resolve().parent
GENERATED = "coalition/api"


def generate(*, proto_root: Path, out: Path) -> None:
    """Write what the protos under `proto_root` say into the tree at `out`; exit as protoc does if one is wrong."""
    protos = sorted(str(path.relative_to(proto_root)) for path in (proto_root / GENERATED).rglob("*.proto"))
    if not protos:
        sys.exit(f"no .proto file under {proto_root / GENERATED}")
    # The plugins stand beside this interpreter, which need not be on PATH.
    scripts = Path(sysconfig.get_path("scripts"))
    status = protoc.main(
        [
            "protoc",
            f"--proto_path={proto_root}",
            f"--proto_path={files('grpc_tools') / '_proto'}",
            f"--plugin=protoc-gen-mypy={scripts / 'protoc-gen-mypy'}",
            f"--plugin=protoc-gen-mypy_grpc={scripts / 'protoc-gen-mypy_grpc'}",
            f"--python_out={out}",
            f"--grpc_python_out={out}",
            f"--mypy_out=quiet:{out}",
            f"--mypy_grpc_out=quiet:{out}",
            *protos,
        ]
    )
    if status:
        sys.exit(status)


def generated_files(tree: Path) -> dict[str, bytes]:
    """The generated files under `tree`, by their path in it."""
    paths = (tree / GENERATED).rglob("*_pb2*.py*")
    return {
        str(path.relative_to(tree)): path.read_bytes() for path in paths if path.suffix in {".py", ".pyi"}
    }


def differences(*, committed: dict[str, bytes], fresh: dict[str, bytes]) -> list[str]:
    """One line per file that is missing, left over or not what the protos say."""
    lines = [f"{path}: missing" for path in fresh.keys() - committed.keys()]
    lines += [f"{path}: left over, no proto says it" for path in committed.keys() - fresh.keys()]
    lines += [
        f"{path}: not what the proto says"
        for path in fresh.keys() & committed.keys()
        if fresh[path] != committed[path]
    ]
    return sorted(lines)


def main() -> None:
    """Run the command; `--check` exits 1 and names the files if any differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail if the generated code is stale"
    )
    parser.add_argument("--proto-root", type=Path, default=PROTO_ROOT, help="folder of the protos")
    parser.add_argument("--out", type=Path, default=PROTO_ROOT.parent, help="root of the tree to write to")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fresh_tree = Path(folder)
        generate(proto_root=arguments.proto_root.resolve(), out=fresh_tree)
        fresh = generated_files(fresh_tree)
    committed = generated_files(arguments.out)
    if arguments.check:
        stale = differences(committed=committed, fresh=fresh)
        if stale:
            sys.exit("\n".join([*stale, "run `make proto` and commit the result"]))
        return
    for path in committed.keys() - fresh.keys():
        (arguments.out / path).unlink()
    for path, content in fresh.items():
        target = arguments.out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


if __name__ == "__main__":
    main()
