"""Settings of the server as a service: what it logs, how it stops."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """The part of the settings that is about the service's life."""

    model_config = SettingsConfigDict(env_prefix="UNSHELF_", frozen=True, extra="forbid", validate_default=True)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least important log lines that are written."
    )
    drain_seconds: float = Field(
        default=10.0,
        ge=0,
        le=3600,
        description=(
            "How long predictions in flight have to be answered once the server is to stop; those that take longer, and all that come "
            "after the signal, are answered 503."
        ),
    )
