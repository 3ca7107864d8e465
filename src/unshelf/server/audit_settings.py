"""Settings of the event log: how it is signed."""

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from unshelf.manage.audit.signing import read_signing_key


class AuditSettings(BaseSettings):
    """The part of the settings that is about the event log."""

    model_config = SettingsConfigDict(env_prefix="UNSHELF_", frozen=True, extra="forbid", validate_default=True)

    audit_key: str = Field(
        default="",
        description=(
            "The file of an Ed25519 private key in PEM, which signs the heads of the event log that `unshelf audit head` exports; "
            "unset: they are not signed."
        ),
    )

    audit_close_seconds: float = Field(
        default=3600.0,
        ge=1,
        le=86_400,
        description="How often digests of the files of prediction records are closed into the event log.",
    )

    @field_validator("audit_key")
    @classmethod
    def _signs(cls, path: str) -> str:
        if path:
            read_signing_key(Path(path))
        return path
