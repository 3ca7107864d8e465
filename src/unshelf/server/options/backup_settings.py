"""Settings of backups."""

from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class BackupSettings(BaseSettings):
    """The part of the settings that is about backups."""

    model_config = SettingsConfigDict(env_prefix="UNSHELF_", frozen=True, extra="forbid", validate_default=True)

    backup_to: str = Field(
        default="",
        pattern=r"^(s3://\S+|/.+)?$",
        description="Where scheduled backups go: an absolute path, or `s3://BUCKET/PREFIX`; unset: none are made.",
    )
    backup_every: float = Field(
        default=24.0, ge=0.01, le=8760, description="How many hours lie between two scheduled backups."
    )
    backup_keep: int = Field(
        default=14,
        ge=1,
        le=10_000,
        description="How many backups are kept where scheduled ones go; older ones are removed.",
    )
    backup_key: Literal["sealed", "plain", "without"] = Field(
        default="sealed",
        description=(
            "How a backup keeps the keys of secrets: `sealed`, with `backup_passphrase`; `plain`, as they are; `without`, not at all."
        ),
    )
    backup_passphrase: str = Field(
        default="", max_length=1000, description="The passphrase that a backup's keys are sealed and opened with."
    )
    upgrade_backups: int = Field(
        default=3,
        ge=0,
        le=1000,
        description="How many backups of the database `unshelf up` keeps of those that it makes before it migrates it; 0: it makes none.",
    )

    @model_validator(mode="after")
    def _can_seal(self) -> "BackupSettings":
        if self.backup_to and self.backup_key == "sealed" and not self.backup_passphrase:
            raise ValueError(
                "UNSHELF_BACKUP_TO needs UNSHELF_BACKUP_PASSPHRASE, which seals the keys of secrets in each backup, or UNSHELF_BACKUP_KEY"
            )
        return self
