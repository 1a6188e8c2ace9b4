"""What must not run in production does not start, and says what to do instead."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import Any

import pytest

from portal.bootstrap.build import build
from portal.db import schema
from portal.db.engine import FIRST_SAFE_SQLITE, check_sqlite, make_engine, normalise_url, sqlite_driver
from portal.errors import ConfigError
from portal.settings import DEFAULT_SECRET, ROOT, Settings, load

GOOD = secrets.token_urlsafe(48)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's own settings, and no `.env`."""
    for name in ("DATABASE_URL", "SECRET_KEY", "PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def production(**changes: Any) -> Settings:
    values: dict[str, Any] = {"env": "production", "secret_key": GOOD, "public_url": "https://parcels.example"}
    return load(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"secret_key": DEFAULT_SECRET}, "SECRET_KEY"),
        ({"secret_key": ""}, "SECRET_KEY"),
        ({"secret_key": "0123456789abcdefghijklmnopqrstu"}, "SECRET_KEY"),
        ({"secret_key": "x" * 40}, "SECRET_KEY"),
        ({"public_url": ""}, "PORTAL_PUBLIC_URL"),
        ({"public_url": "http://parcels.example"}, "PORTAL_PUBLIC_URL"),
        ({"public_url": "parcels.example"}, "PORTAL_PUBLIC_URL"),
    ],
)
def test_production_refuses_what_is_not_safe(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        production(**changes).check()
    assert GOOD not in str(refused.value)


def test_production_takes_a_long_secret_and_https() -> None:
    production().check()
    production(secret_key="0123456789abcdefghijklmnopqrstuv").check()
    assert production().base_url == "https://parcels.example"


@pytest.mark.parametrize("env", ["development", "demo"])
def test_a_trial_starts_with_the_defaults(env: Any) -> None:
    settings = load(env=env)
    settings.check()
    assert settings.secret_key.get_secret_value() == DEFAULT_SECRET
    assert settings.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORTAL_ENV", "prod", "env"),
        ("PORTAL_TRUSTED_PROXIES", "-1", "trusted_proxies"),
        ("PORTAL_SMTP_TLS", "ssl", "smtp_tls"),
        ("PORTAL_WEB_THREADS", "many", "web_threads"),
        ("PORT", "70000", "PORT"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=says):
        load()


def test_the_three_names_everyone_expects_have_no_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///here.sqlite3")
    monkeypatch.setenv("SECRET_KEY", GOOD)
    monkeypatch.setenv("PORT", "8123")
    settings = load()
    assert (settings.database_url, settings.port) == ("sqlite:///here.sqlite3", 8123)
    assert settings.secret_key.get_secret_value() == GOOD


def test_secrets_are_not_shown_with_the_settings() -> None:
    shown = repr(production(smtp_password="hunter2hunter2"))
    assert GOOD not in shown
    assert "hunter2" not in shown


def test_nothing_is_built_on_a_default_secret_in_production(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'portal.sqlite3'}"
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        build(production(secret_key=DEFAULT_SECRET, database_url=url))
    assert not (tmp_path / "portal.sqlite3").exists()


@pytest.mark.parametrize("env", ["development", "demo", "production"])
def test_everything_is_built_from_the_settings_alone(tmp_path: Path, env: Any) -> None:
    deps = build(production(env=env, database_url=f"sqlite:///{tmp_path / 'deep' / 'er' / 'portal.sqlite3'}"))
    try:
        assert deps.public_url == "https://parcels.example"
        assert deps.clock().tzinfo is not None
        assert deps.wall() <= deps.wall()
        assert len({deps.token() for _ in range(20)}) == 20
        assert len(deps.token()) >= 22  # 128 bits or more
        assert deps.digits(6).isdecimal()
        assert len(deps.digits(6)) == 6
        assert GOOD not in repr(deps)
        with deps.sessions.read_system() as session:
            assert session.connection().exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    finally:
        deps.sessions.engine.dispose()


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("[nosuch]\n", "nosuch"),
        ("[ups]\npasword = 1\n", "pasword"),
        ("[ups\n", "carriers.toml"),
        (None, "carriers.toml is missing"),
    ],
)
def test_a_carriers_file_that_cannot_be_used_is_named(tmp_path: Path, document: str | None, says: str) -> None:
    (tmp_path / "exceptions.toml").write_text("")
    if document is not None:
        (tmp_path / "carriers.toml").write_text(document)
    with pytest.raises(ConfigError, match=says):
        build(production(config_dir=tmp_path, database_url="sqlite://"))


def test_a_carrier_is_configured_when_all_its_credentials_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = production(database_url=f"sqlite:///{tmp_path / 'portal.sqlite3'}", config_dir=ROOT / "config")
    monkeypatch.setenv("PORTAL_CARRIER_UPS_CLIENT_ID", "id")
    before = build(settings)
    schema.upgrade(before.sessions.engine)
    assert before.carriers.configured() == set()
    monkeypatch.setenv("PORTAL_CARRIER_UPS_CLIENT_SECRET", "secret")
    assert build(settings).carriers.configured() == {"ups"}


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 40, 1), (3, 51, 2)])
def test_a_sqlite_that_damages_shared_files_is_refused(version: tuple[int, int, int]) -> None:
    with pytest.raises(ConfigError, match="pysqlite3"):
        check_sqlite(version)


@pytest.mark.parametrize("version", [(3, 6, 23), FIRST_SAFE_SQLITE, (3, 53, 0), (4, 0, 0)])
def test_a_sqlite_without_that_fault_is_taken(version: tuple[int, int, int]) -> None:
    check_sqlite(version)
    assert not (3, 7, 0) <= version < FIRST_SAFE_SQLITE


def test_the_sqlite_in_use_is_a_safe_one() -> None:
    assert sqlite_driver().sqlite_version_info >= FIRST_SAFE_SQLITE


def test_without_its_own_sqlite_the_systems_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pysqlite3", None)
    assert sqlite_driver().__name__ == "sqlite3"


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgres://db/doorstep", "postgresql+psycopg"),
        ("postgresql://db/doorstep", "postgresql+psycopg"),
        ("sqlite+pysqlite:///here.sqlite3", "sqlite"),
    ],
)
def test_the_usual_spellings_of_a_database_are_understood(url: str, driver: str) -> None:
    assert normalise_url(url).drivername == driver


@pytest.mark.parametrize("url", ["mysql://db/doorstep", "nonsense", ""])
def test_another_database_is_refused_with_a_way_out(url: str) -> None:
    with pytest.raises(ConfigError, match=r"SQLite|sqlite"):
        make_engine(url)
