"""Plants forbidden imports, one after the other, in a copy of the tree, and writes down which contracts stand.

Run in a process of its own, `python planting.py COPY PLANTS`, with the copy as the only `portal` and `carriers` it can
find. PLANTS is JSON: a list of [name, file, line]. The answer on standard output is JSON: for each name, the ids of the
contracts that are broken.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from pathlib import Path

CONFIG = ".importlinter"


def broken_contracts() -> list[str]:
    """Ids of the contracts that the tree in the working directory breaks."""
    from importlinter.application import use_cases
    from importlinter.configuration import configure

    configure()
    options = use_cases.read_user_options(CONFIG)
    ids = [str(contract["id"]) for contract in options.contracts_options]
    use_cases._register_contract_types(options)
    broken = []
    with contextlib.redirect_stdout(io.StringIO()):
        report = use_cases.create_report(options, tuple(ids), None)
    checks = dict(report.get_contracts_and_checks())
    names = {str(contract["name"]): str(contract["id"]) for contract in options.contracts_options}
    for contract, check in checks.items():
        if not check.kept:
            broken.append(names[contract.name])
    return sorted(broken)


def with_plant(tree: Path, file: str, line: str) -> list[str]:
    """What is broken while `line` stands at the end of `file` (made when it is not there); then it goes again."""
    path = tree / file
    before = path.read_bytes() if path.exists() else None
    path.write_bytes((before or b"") + b"\n" + line.encode() + b"\n")
    try:
        return broken_contracts()
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)


def main(tree: Path, plants: list[tuple[str, str, str]]) -> dict[str, list[str]]:
    os.chdir(tree)
    return {name: with_plant(tree, file, line) for name, file, line in plants}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), json.loads(sys.argv[2]))))
