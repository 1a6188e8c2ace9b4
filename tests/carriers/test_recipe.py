"""docs/recipes/add-a-carrier.md, pasted: the adapter on that page is found, asked, read and spoilt like any other."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carriers import adapters, registry, wire
from carriers.base import Adapter
from carriers.errors import ErrorKind
from carriers.model import Status
from portal.settings import ROOT
from tests.carriers.answers import answer, only, refusal
from tests.carriers.door import Door
from tests.carriers.test_mutations import body_of, mutated, read
from tests.carriers.test_samples import covers

RECIPE = (ROOT / "docs" / "recipes" / "add-a-carrier.md").read_text(encoding="utf-8")
UNKNOWN = {"code": "unknown_parcel", "message": "We have no such parcel."}


def block(language: str) -> str:
    """The page's only block of a language."""
    (found,) = re.findall(rf"^ *```{language}\n(.*?)^ *```$", RECIPE, re.MULTILINE | re.DOTALL)
    return textwrap.dedent(found)


def sample() -> Any:
    return json.loads(block("json"))


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Adapter]:
    """The page's adapter, as the registry finds it among the others."""
    (tmp_path / "acme.py").write_text(block("python"), encoding="utf-8")
    monkeypatch.setattr(adapters, "__path__", [*adapters.__path__, str(tmp_path)])
    registry.all_adapters.cache_clear()
    yield registry.get("acme")
    registry.all_adapters.cache_clear()
    sys.modules.pop("carriers.adapters.acme", None)


def test_the_pages_sample_comes_out_as_the_page_says(acme: Adapter) -> None:
    given = sample()
    found = wire.answer_object("acme", acme.parse(answer(given["body"]), [given["number"]]))
    assert covers(found, given["expected"]), json.dumps(found, indent=1)


def test_it_asks_as_the_page_says_and_what_concerns_one_number_stands_in_its_result(acme: Adapter) -> None:
    door = Door(sample()["body"], (404, UNKNOWN))
    answers = acme.track(door, door.account(api_key="hidden"), ["AC1000017", "a/b"])
    assert [call.url for call in door.calls] == [
        "https://carrier.invalid/v1/parcels/AC1000017",
        "https://carrier.invalid/v1/parcels/a%2Fb",
    ]
    (_, (known,)), (_, (unknown,)) = answers
    assert known.status is Status.OUT_FOR_DELIVERY
    assert unknown.error is not None
    assert (unknown.status, unknown.error.kind) == (Status.PENDING, ErrorKind.NOT_FOUND)


def test_what_concerns_the_call_is_raised(acme: Adapter) -> None:
    assert refusal(acme, answer({"message": "No route"}, 404), "AC1").kind is ErrorKind.MALFORMED
    assert refusal(acme, answer({"message": "Who are you?"}, 401), "AC1").kind is ErrorKind.AUTH
    assert refusal(acme, answer({}), "AC1").kind is ErrorKind.MALFORMED


def test_a_parcel_that_turned_back_is_not_delivered(acme: Adapter) -> None:
    scans = [{"code": code, "at": f"2026-03-{day}T10:00:00"} for code, day in (("DLV", 14), ("RTS", 12), ("HUB", 11))]
    back = only(acme, {"parcel": {"scans": scans}}, "AC1")
    assert (back.substatus, back.delivered_at) == ("Exception_011", None)
    delivered = only(acme, {"parcel": {"scans": scans[:1]}}, "AC1")
    assert (delivered.status, str(delivered.delivered_at)) == (Status.DELIVERED, "2026-03-14 10:00:00")


def test_whatever_is_wrong_with_an_answer_it_is_read_or_refused(acme: Adapter) -> None:
    chance, body = random.Random("acme"), body_of(sample()["body"])
    for _ in range(500):
        read(acme, answer(mutated(chance, body), chance.choice((200, 404, 500))), push=False)
    assert not acme.info.push


def test_the_pages_code_is_written_as_ours_is(tmp_path: Path) -> None:
    code = block("python")
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", "carriers/adapters/acme.py", "-"],
            input=code,
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_pages_row_is_the_one_that_the_documents_test_asks_for(acme: Adapter) -> None:
    row = re.search(r"^\| `acme` \|([^|]*)\|", block("markdown"), re.MULTILINE)
    assert row
    assert set(re.findall(r"`(\w+)`", row[1])) == {name.upper() for name in acme.info.credential_names}


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:carriers|tests|config|portal)/[\w/.]+)`", RECIPE))))
def test_what_the_page_points_at_is_there(path: str) -> None:
    assert "acme" in path or (ROOT / path).exists()
