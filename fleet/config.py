"""Settings of the service, from the environment (`FLEET_…`) or a `.env` file."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _default_data_dir() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "heropstart"


def _no_trailing_slash(url: str) -> str:
    if not url.lower().startswith(("http://", "https://")):
        raise ValueError("a URL that begins with http:// or https:// is expected")
    return url.rstrip("/")


class Settings(BaseSettings):
    """Everything that differs between one installation and another."""

    model_config = SettingsConfigDict(env_prefix="FLEET_", env_file=".env", extra="ignore", frozen=True)

    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL 15 or later, for a login that may create roles; absent: an embedded server is started",
    )
    database_app_url: SecretStr | None = Field(
        default=None, description="The same database, for the login that is a member of fleet_app only; recommended in production"
    )
    data_dir: Path = Field(default_factory=_default_data_dir, description="Embedded database and the service's signing key")
    public_url: Annotated[str, AfterValidator(_no_trailing_slash)] = Field(
        default="http://127.0.0.1:8000", description="The address that benches and browsers use; signatures and labels hold it"
    )
    host: str = Field(default="127.0.0.1", description="Address that `fleet serve` listens on")
    port: int = Field(default=8000, ge=0, le=65535, description="Port that `fleet serve` listens on")
    signing_key: Path | None = Field(
        default=None, description="The service's Ed25519 key (PEM); absent: service.key in the data directory"
    )
    images_dir: Path | None = Field(
        default=None, description="Where the files of published disk images lie; absent: images in the data directory"
    )
    pdf_signing_dir: Path | None = Field(
        default=None,
        description="Where organisations' PDF signing certificates are kept; absent: pdf-signing in the data directory",
    )
    session_hours: int = Field(default=12, ge=1, le=720, description="How long a sign-in lasts")
    session_idle_minutes: int = Field(default=120, ge=1, le=10080, description="How long a sign-in may rest before it ends")
    smtp_host: str | None = Field(
        default=None, description="Mail server for forgotten passwords; absent: only an admin gives a new one"
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Port of the mail server")
    smtp_user: str | None = Field(default=None, description="Login at the mail server, where it asks for one")
    smtp_password: SecretStr | None = Field(default=None, description="Password at the mail server")
    smtp_from: str = Field(default="heropstart@localhost", description="Sender of the service's mails")
    smtp_starttls: bool = Field(default=True, description="Whether the mail server is spoken to encrypted")
    badge_session_minutes: int = Field(
        default=20, ge=1, le=480, description="How long a session that was opened by badge and PIN may rest before it ends"
    )
    oidc_file: Path | None = Field(default=None, description="TOML file of the identity providers with which people may sign in")
    accessibility_contact: str | None = Field(
        default=None, description="Mail or web address for who cannot use a page; shown in the accessibility statement"
    )
    log_json: bool = Field(default=False, description="Log lines as JSON")

    @property
    def signing_key_path(self) -> Path:
        """Where the service's signing key is or will be."""
        return self.signing_key or self.data_dir / "service.key"

    @property
    def images_path(self) -> Path:
        """Where the files of published disk images lie."""
        return self.images_dir or self.data_dir / "images"

    @property
    def pdf_signing_path(self) -> Path:
        """Where organisations' PDF signing certificates are or will be."""
        return self.pdf_signing_dir or self.data_dir / "pdf-signing"

    @property
    def secure_cookies(self) -> bool:
        """Browsers send `__Host-` cookies over HTTPS only; a plain-HTTP installation cannot use them."""
        return self.public_url.lower().startswith("https://")
