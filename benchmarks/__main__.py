"""`python -m benchmarks`: one JSON line a figure on standard output, everything else on standard error."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from benchmarks.databases import KINDS, Databases
from benchmarks.workshop import Workshop
from portal.logs import configure as configure_logs

LATEST_START = 7 * 60  # seconds: what has not begun by then is left out, so that a busy machine ends within ten minutes
BENCHES = (
    "parse",
    "classify",
    "page",
    "page_data",
    "poll",
    "workers",
    "push",
    "claim",
    "sweep",
    "decide",
    "dry_run",
    "imports",
    "olist",
)


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for. Returns 1 when a benchmark failed; the others still run."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the hot paths beside their limits."
    )
    parser.add_argument("--only", action="append", choices=BENCHES, help="run this one (may be repeated)")
    parser.add_argument("--database", action="append", choices=KINDS, help="on this kind alone (may be repeated)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: to see that it works, not to learn from it")
    chosen = parser.parse_args(arguments)
    configure_logs("ERROR")
    failed, began = False, time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="doorstep-bench-") as folder:
        databases = Databases(Path(folder), tuple(chosen.database or KINDS))
        workshop = Workshop(databases, chosen.quick)
        try:
            for name in chosen.only or BENCHES:
                failed |= not _run(name, workshop, began)
        finally:
            databases.close()
    return int(failed)


def _run(name: str, workshop: Workshop, began: float) -> bool:
    if time.perf_counter() - began > LATEST_START:
        print(f"{name}: left out, the run has taken long enough (--only {name} runs it alone)", file=sys.stderr)
        return True
    began = time.perf_counter()
    try:
        for figure in importlib.import_module(f"benchmarks.{name}").run(workshop):
            print(figure.line(), flush=True)
    except Exception:
        traceback.print_exc()
        return False
    print(f"{name}: {time.perf_counter() - began:.1f} s", file=sys.stderr, flush=True)
    return True


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the database server is stopped on the way out
    sys.exit(main())
