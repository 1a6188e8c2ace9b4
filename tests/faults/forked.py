"""Passes of the real worker, each in a process of its own that is killed with SIGKILL on request.

Starting Python fifty times would take minutes: this process loads everything once and forks. One JSON line in, one out:
`{"crash": "label.after_reply"}` dies at a named point, `{"after": 0.02}` is killed so many seconds after it began, `{}`
runs to its end. The answer is the exit code, negative for a signal.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

from portal.bootstrap.build import build
from portal.logs import configure
from portal.settings import load
from portal.usecases.returns.effects import run_effects


def one_pass(crash: str) -> None:
    """What the worker's effects job does once."""
    os.environ["PORTAL_CRASH"] = crash
    run_effects(build(load()))


def forked(command: Mapping[str, Any]) -> int:
    """Run one pass in a child. Returns its exit code."""
    child = os.fork()
    if child == 0:
        try:
            one_pass(str(command.get("crash", "")))
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    if "after" in command:
        time.sleep(float(command["after"]))
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    configure("ERROR")
    for line in sys.stdin:
        print(forked(json.loads(line)), flush=True)


if __name__ == "__main__":
    main()
