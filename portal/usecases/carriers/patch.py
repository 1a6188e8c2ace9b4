"""What people have said of codes as a patch for an adapter's code table.

Only an adapter with a single table can be patched without knowing which of its tables a code belongs to; for the others
the lines are printed, to be put where they belong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import unified_diff
from importlib.resources import files

_TABLE = re.compile(r"^\w+ = (?:read\.)?code_table\(\n    \{\n", re.MULTILINE)
_ANY_TABLE = re.compile(r"\bcode_table\(")


def patch_for(carrier: str, rows: Mapping[str, Sequence[str]]) -> str | None:
    """A unified diff, to be applied at the project's root, that adds codes to a carrier's table; `rows` by their meaning.

    None where the adapter has no table of its own, or more than one, or is not one of the project's.
    """
    folder = files("carriers") / "adapters"
    names = (f"{carrier}.py", f"{carrier}/codes.py", f"{carrier}/tracking.py")
    sources = {name: (folder / name).read_text("utf-8") for name in names if (folder / name).is_file()}
    tables = [name for name, source in sources.items() for _ in _ANY_TABLE.findall(source)]
    if len(tables) != 1 or not rows:
        return None
    old = sources[tables[0]]
    new = _with_rows(old, rows)
    path = f"carriers/adapters/{tables[0]}"
    lines = unified_diff(old.splitlines(True), new.splitlines(True), f"a/{path}", f"b/{path}")
    return "".join(lines) if new != old else None


def _with_rows(source: str, rows: Mapping[str, Sequence[str]]) -> str:
    for meaning, codes in sorted(rows.items()):
        row = re.compile(rf'^(\s+"{re.escape(meaning)}": ")([^"\\]*)(",)$', re.MULTILINE)
        found, added = row.search(source), " ".join(codes)
        if found:
            source = f"{source[: found.end(2)]} {added}{source[found.end(2) :]}"
        elif table := _TABLE.search(source):
            source = f'{source[: table.end()]}        "{meaning}": "{added}",\n{source[table.end() :]}'
    return source
