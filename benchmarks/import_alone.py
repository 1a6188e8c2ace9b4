"""One import in a process of its own, which prints the most memory it ever had."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from benchmarks.databases import Databases
from benchmarks.imports import import_into
from portal.logs import configure as configure_logs


def main(path: Path) -> None:
    configure_logs("ERROR")
    databases = Databases(path.parent)
    import_into(databases.new("sqlite"), path)
    databases.close()
    print(json.dumps({"peak_mb": peak_mb()}))


def peak_mb() -> float:
    """The high-water mark of this program's memory (`ru_maxrss` would include the parent's, from before the exec)."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
