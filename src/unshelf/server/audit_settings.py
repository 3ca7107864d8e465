"""Settings of the event log: how it is signed, closed and sent on."""

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from unshelf.manage.audit.signing import read_signing_key
from unshelf.manage.forwarding.syslog_receiver import syslog_receiver


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

    audit_syslog: str = Field(
        default="",
        description=(
            "The syslog receiver that the event log is sent to, by RFC 5424: `udp://HOST:PORT`, `tcp://HOST:PORT` or `tls://HOST:PORT`; "
            "unset: none."
        ),
    )
    audit_syslog_ca: str = Field(
        default="",
        description="The file of certificates (PEM) that a `tls://` receiver's must lead to; unset: the system's.",
    )

    @field_validator("audit_syslog")
    @classmethod
    def _receiver(cls, url: str) -> str:
        if url:
            syslog_receiver(url)
        return url

    @field_validator("audit_key")
    @classmethod
    def _signs(cls, path: str) -> str:
        if path:
            read_signing_key(Path(path))
        return path
