"""`portal demo` as a stranger meets it: one process, everything real, and Ctrl-C ends all of it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

from portal.cli.demo.stage import password
from portal.errors import InvalidInput
from portal.settings import ROOT
from portal.usecases.staff.passwords import check_new

pytestmark = pytest.mark.xdist_group("demo")  # one demo for all of them
PATIENCE = 100  # seconds, on a busy machine; the figures are measured elsewhere


@dataclass
class Running:
    """A demo that runs, what it printed, and a browser without JavaScript."""

    folder: Path
    process: subprocess.Popen[str]
    said: str
    base: str
    browser: OpenerDirector

    def get(self, path: str) -> tuple[int, str, bytes]:
        with self.browser.open(path if path.startswith("http") else self.base + path, timeout=20) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()

    def text(self, path: str) -> str:
        return self.get(path)[2].decode()

    def post(self, path: str, **fields: str) -> str:
        with self.browser.open(self.base + path, urlencode(fields).encode(), timeout=20) as answer:
            body: bytes = answer.read()
            return body.decode()


def start(folder: Path, port: int) -> Running:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "portal", "demo", "--folder", str(folder), "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    ends = time.monotonic() + PATIENCE
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line or time.monotonic() > ends:
            break
    said = "".join(lines)
    address = re.search(r"http://\S+?(?=/\s)", said)
    if address is None:
        process.kill()
        process.wait(timeout=30)
        process.stdout.close()
        raise AssertionError(said)
    return Running(folder, process, said, address.group(), build_opener(HTTPCookieProcessor(CookieJar())))


def stop(running: Running) -> int:
    running.process.send_signal(signal.SIGINT)
    code = running.process.wait(timeout=30)
    assert running.process.stdout is not None
    running.process.stdout.close()
    return code


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        running = start(tmp_path_factory.mktemp("demo"), taken.getsockname()[1])
    yield running
    if running.process.poll() is None:
        stop(running)


def test_the_first_address_is_an_index_of_everything(demo: Running) -> None:
    status, kind, body = demo.get("/")
    assert (status, kind.split(";")[0]) == (200, "text/html")
    for what in ("Juniper", "Nordlicht", "/staff/", "/mail/", "/lab/"):
        assert what in body.decode()


def test_a_taken_port_leads_to_the_next_free_one(demo: Running) -> None:
    assert demo.get("/healthz")[0] == 200  # the port it was started with is held by the fixture


def link_to(demo: Running, words: str) -> str:
    found = re.search(re.escape(words) + r".*?href=\"([^\"]+/l/[^\"]+)\"", demo.text("/"), re.S)
    assert found, words
    return found.group(1)


def test_both_shops_show_an_order_as_from_the_mail(demo: Running) -> None:
    for words in ("One order in two parcels", "Damaged on the way"):
        assert "<h1" in demo.text(link_to(demo, words))
    assert "Nordlicht" in demo.text("/nordlicht/track")


def test_a_finished_return_has_its_label(demo: Running) -> None:
    demo.get(link_to(demo, "a finished return"))
    pdf = re.search(r"href=\"([^\"]+label\.pdf)\"", demo.text("/"))
    assert pdf
    status, kind, body = demo.get(pdf.group(1))
    assert (status, kind, body[:5]) == (200, "application/pdf", b"%PDF-")


def test_a_late_vip_express_parcel_is_first_in_the_queue(demo: Running) -> None:
    email, password = re.findall(r"(agent@\S+)\s+(\S+)", demo.said)[0]
    form = demo.text("/staff/sign-in")
    fields = dict(re.findall(r"name=\"([^\"]+)\"[^>]*value=\"([^\"]*)\"", form))
    queue = demo.post("/staff/sign-in", **(fields | {"email": email, "password": password}))
    number = re.search(r"/staff/cases/(\d+)", queue)
    assert number
    # The first row reaches to the first link to another case.
    first = re.split(rf"/staff/cases/(?!{number.group(1)}\b)", queue[number.start() :])[0]
    # Which of the two shops' regulars is first depends on the day of the week: their desks keep other hours.
    assert "Margaret Whitfield" in first or "Jonas Brandstätter" in first
    assert "VIP" in first
    assert "Express" in first


def test_mails_were_really_sent(demo: Running) -> None:
    assert len(re.findall(r"href=\"/mail/\d+", demo.text("/mail/"))) >= 20


def test_ctrl_c_stops_all_of_it_and_a_second_start_keeps_the_data(demo: Running) -> None:
    before = demo.said
    assert stop(demo) == 0
    with pytest.raises(OSError, match="refused"):
        demo.get("/")
    again = start(demo.folder, 18_400)
    # The tests that come after go on with the demo that was started again.
    demo.process, demo.said, demo.base, demo.browser = again.process, again.said, again.base, again.browser
    assert "two weeks" not in again.said.lower()
    assert re.findall(r"J-\d+", again.said) == re.findall(r"J-\d+", before)


def test_a_password_of_the_demo_is_always_good_enough_for_its_own_console() -> None:
    assert [word for word in (password() for _ in range(2_000)) if not _taken(word)] == []


def _taken(word: str) -> bool:
    try:
        check_new(word, about=("admin", "agent"))
    except InvalidInput:
        return False
    return True
