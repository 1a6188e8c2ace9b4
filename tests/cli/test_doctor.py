"""`portal doctor` over a whole installation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from portal.settings import load
from portal.usecases.deps import Deps, ShopRef
from tests.cli.support import Commands

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _config(tmp_path: Path, carriers: str) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "carriers.toml").write_text(carriers)
    return folder


def _commands(deps: Deps, url: str, config_dir: Path) -> Commands:
    settings = load(
        database_url=url,
        config_dir=config_dir,
        secret_key=SecretStr("a secret that is long enough for this"),
        public_url="https://portal.example",
        smtp_port=1,  # nobody listens there
        smtp_tls="none",
    )
    return Commands(deps, settings)


@on_sqlite
def test_a_broken_part_makes_exit_code_1_and_says_what_to_do(
    deps: Deps, shop: ShopRef, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.cli.doctor.at_head", lambda engine: True)
    commands = _commands(deps, database_url, _config(tmp_path, "[ups]\n[pigeon]\n"))
    result = commands.run("doctor", "--json")
    assert result.exit_code == 1
    found = json.loads(result.output)
    states = {check["name"]: check["state"] for check in found["checks"]}
    assert found["ok"] is False
    assert states["mail"] == states["carrier pigeon"] == "fail"
    assert states["carrier ups"] == states["jobs"] == "warn"
    assert states["database"] == states["secret"] == states["shop juniper"] == "ok"
    assert all(check["remedy"] for check in found["checks"] if check["state"] != "ok")
    said = commands.run("doctor").output
    assert "FAIL  mail: 127.0.0.1:1: no connection" in said
    assert "→ Check PORTAL_SMTP_HOST" in said
    assert "long enough" not in said


@on_sqlite
def test_a_database_without_migrations_and_a_missing_file_are_told(
    deps: Deps, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.cli.doctor.at_head", lambda engine: False)
    folder = tmp_path / "empty"
    folder.mkdir()
    states = {
        check["name"]: check
        for check in json.loads(_commands(deps, database_url, folder).run("doctor", "--json").output)["checks"]
    }
    assert states["migrations"]["remedy"] == "Run `portal db upgrade`."
    assert (states["carriers"]["state"], "carriers.toml is missing" in states["carriers"]["message"]) == ("fail", True)


@on_sqlite
def test_an_address_that_is_no_database_is_told(deps: Deps, database_url: str, tmp_path: Path) -> None:
    commands = _commands(deps, "mysql://there", _config(tmp_path, ""))
    found = json.loads(commands.run("doctor", "--json").output)["checks"]
    broken = next(check for check in found if check["name"] == "database")
    assert (broken["state"], "SQLite and PostgreSQL" in broken["remedy"]) == ("fail", True)
