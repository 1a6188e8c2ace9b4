"""`portal lab` as a process: it says where it is, answers, and ends on Ctrl-C."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests
from click.testing import CliRunner

from portal.cli.lab import make_command

ROOT = Path(__file__).parents[3]
PROGRAM = """
from datetime import UTC, datetime
from portal.cli.lab import make_command
make_command(lambda: datetime.now(UTC))()
"""


def test_the_lab_runs_alone_until_ctrl_c() -> None:
    command = [sys.executable, "-u", "-c", PROGRAM, "--port", "0", "--seed", "3", "--speed", "30"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            out = "".join(iter(process.stdout.readline, "Ctrl-C stops it.\n"))
            found = re.search(r"http://127\.0\.0\.1:\d+", out)
            assert found is not None
            index = requests.get(f"{found[0]}/_lab/", timeout=10).json()
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert index["speed"] == 30
    assert f'[fedex]\nbase_url = "{found[0]}/fedex"' in out
    assert "export PORTAL_CARRIER_UPS_CLIENT_ID=lab-ups" in out
    assert (process.returncode, err) == (0, "")


def test_a_taken_port_is_told_in_a_sentence(hands: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(make_command(hands), ["--port", port])
    assert result.exit_code == 1
    assert "Try --port 0" in result.output


def test_a_strange_state_file_is_told_in_a_sentence(hands: Any, tmp_path: Path) -> None:
    state = tmp_path / "lab.json"
    state.write_text("not json", encoding="utf-8")
    result = CliRunner().invoke(make_command(hands), ["--port", "0", "--state", str(state)])
    assert result.exit_code == 1
    assert "delete it to start a new world" in result.output
