"""Settings of this process, from the environment (and `.env`). Secrets live here or in the environment, never in config/."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from portal.errors import ConfigError

DEFAULT_SECRET = "not-a-secret-only-for-development"  # noqa: S105  refused in production
ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Each field is an environment variable of the same name, `PORTAL_` first; three keep the names everyone expects."""

    model_config = SettingsConfigDict(env_prefix="PORTAL_", env_file=".env", extra="ignore", populate_by_name=True)

    database_url: str = Field("sqlite:///var/portal.sqlite3", validation_alias="DATABASE_URL")
    secret_key: SecretStr = Field(SecretStr(DEFAULT_SECRET), validation_alias="SECRET_KEY")
    keyring: SecretStr = SecretStr("")  # secrets for what is encrypted at rest, newest first; SECRET_KEY comes last
    port: int = Field(8000, validation_alias="PORT", ge=0, le=65535)
    env: Literal["development", "production", "demo"] = "development"
    host: str = "127.0.0.1"
    public_url: str = ""  # https://portal.example; where links in mails lead
    config_dir: Path = ROOT / "config"
    trusted_proxies: int = Field(0, ge=0, le=5)  # how many proxies stand in front and set X-Forwarded-*
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_tls: Literal["none", "starttls", "tls"] = "starttls"
    keep_answers_days: int = Field(7, ge=0, le=90)  # how long what carriers answered is kept, byte for byte
    keep_pushes_days: int = Field(30, ge=1, le=365)  # how long carriers' pushes are kept after they were read
    web_threads: int = Field(8, ge=1, le=64)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def base_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    def check(self) -> None:
        """Refuse what must not run in production. Raises ConfigError with the remedy."""
        if not self.is_production:
            return
        secret = self.secret_key.get_secret_value()
        if secret == DEFAULT_SECRET or len(secret) < 32 or len(set(secret)) < 10:
            raise ConfigError(
                "SECRET_KEY is missing, the default, shorter than 32 characters or easy to guess. "
                'Make one with: python -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        if not self.public_url.startswith("https://"):
            raise ConfigError("PORTAL_PUBLIC_URL must be the https:// address that shoppers use")


def environment() -> dict[str, str]:
    """The environment over `.env`: where carriers' credentials stand, whose names no setting can list."""
    kept = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return kept | dict(os.environ)


def load(**overrides: Any) -> Settings:
    """Read the environment. Raises ConfigError that names each setting which cannot be used."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"settings: {problems}") from None


def read_toml(path: Path) -> dict[str, Any]:
    """Raises ConfigError that names the file and the line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None
