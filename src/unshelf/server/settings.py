"""Settings: everything that can be chosen about a server, and the one reader of the environment."""

import os
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from unshelf.contracts.tiers import TIERS, Tier

_MIB = 1024 * 1024
_LOOPBACK_NAMES = ["localhost", "127.0.0.1", "::1"]


def _gateways_for_this_machine() -> int:
    return max(1, len(os.sched_getaffinity(0)) // 2)


class Settings(BaseSettings):
    """What a server is started with. Each field is set by the environment variable `UNSHELF_<NAME>` or by the command line."""

    model_config = SettingsConfigDict(env_prefix="UNSHELF_", frozen=True, extra="forbid")

    home: Path = Field(
        default=Path("~/.unshelf"),
        description="The folder that holds everything: database, files, environments, predictions, logs.",
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one and says which."
    )
    expose: bool = Field(
        default=False,
        description="Whether `host` may be an address that other machines reach; without it such a start is refused.",
    )
    allowed_hosts: Annotated[list[str] | None, NoDecode] = Field(
        default=None,
        description=(
            "The host names, separated by commas, that requests may be addressed to, against DNS rebinding; `*`: any. "
            "Unset: localhost and the address in `host`; any when it listens on all addresses."
        ),
    )
    gateways: int = Field(
        default_factory=_gateways_for_this_machine,
        ge=1,
        le=256,
        description="How many gateway processes take predictions in; unset: half as many as there are processor cores.",
    )
    max_body_bytes: int = Field(
        default=32 * _MIB, ge=1, le=1024 * _MIB - 64, description="The largest body of a prediction request."
    )
    max_arrow_bytes: int = Field(
        default=1024 * _MIB - 64,
        ge=1,
        le=1024 * _MIB - 64,
        description="The largest body of a prediction request that is an Arrow stream.",
    )
    recorded_arrow_bytes: int = Field(
        default=_MIB,
        ge=0,
        description=(
            "How much of an Arrow stream the prediction's record keeps; of a longer one it keeps this beginning, the size and "
            "the SHA-256 of the whole."
        ),
    )
    grpc_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="The port on which gateways speak the Open Inference Protocol V2 over gRPC, beside `port`; 0: they don't.",
    )
    max_blob_bytes: int = Field(default=4096 * _MIB, ge=1, description="The largest file of a bundle.")
    max_in_flight: int = Field(
        default=1024,
        ge=1,
        description="How many predictions of one version may wait or run in one gateway; more are answered 503.",
    )
    segment_bytes: int = Field(
        default=64 * _MIB,
        ge=4096,
        description="The size at which a file of prediction records is closed and a new one begun.",
    )
    prediction_days: int | None = Field(
        default=None,
        ge=1,
        description="How many days back prediction records are kept; unset: however old they are.",
    )
    prediction_max_bytes: int | None = Field(
        default=None,
        ge=1,
        description="How much prediction records may take together; beyond it the oldest go. Unset: no limit.",
    )
    deploy_days: int = Field(
        default=90,
        ge=1,
        le=36_500,
        description="How many days the steps of a deploy are kept after its end; the audit trail is kept for ever.",
    )
    alert_days: int = Field(
        default=365,
        ge=1,
        le=36_500,
        description="How many days an alert is kept after it was over; open ones stay.",
    )
    deferred_concurrency: int = Field(
        default=1,
        ge=1,
        le=1024,
        description="How many deferred predictions of a version run at a time, for each replica that it may have.",
    )
    deferred_queue: int = Field(
        default=1000,
        ge=1,
        le=10_000,
        description="How many deferred predictions may be waiting and running together; more are answered 503.",
    )
    deferred_queue_bytes: int = Field(
        default=1024 * _MIB, ge=1, description="How much the requests of deferred predictions may take on the disk."
    )
    deferred_keep_seconds: float = Field(
        default=86_400.0, gt=0, description="How long the answer of a finished deferred prediction is kept."
    )
    deferred_max_bytes: int = Field(
        default=1024 * _MIB,
        ge=1,
        description="How much the kept answers of deferred predictions may take together; beyond it the oldest go.",
    )
    check_seconds: float = Field(
        default=300.0, gt=0, description="How long the check of a new version may take before its deploy fails."
    )
    start_seconds: float = Field(default=120.0, gt=0, description="How long a worker may take until it answers.")
    memory_budget_bytes: int = Field(
        default=0,
        ge=0,
        description="What workers and the processes they are forked from may take together; 0: 60 % of the memory.",
    )
    tiers: dict[str, Tier] = Field(
        default_factory=lambda: dict(TIERS),
        description="The tiers as JSON, by name; what is given here changes and adds to `small`, `medium` and `large`.",
    )
    gpus: int | None = Field(
        default=None,
        ge=0,
        le=1024,
        description="How many GPUs workers may be given, whole ones, by tiers with `gpu`; unset: all that there are.",
    )
    otlp_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://\S+$",
        description="The address to which OpenTelemetry spans of predictions are sent, by OTLP over HTTP; unset: none are.",
    )
    otlp_ratio: float = Field(
        default=1.0, ge=0, le=1, description="The share of the traces that begin here whose spans are sent."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least important log lines that are written."
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("tiers", mode="plain")
    @classmethod
    def _with_defaults(cls, given: object) -> dict[str, Tier]:
        try:
            return TIERS | msgspec.convert(given, dict[str, Tier])
        except msgspec.ValidationError as error:
            raise ValueError(f"tiers: {error}") from error

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value

    @property
    def accepted_hosts(self) -> list[str] | None:
        """The host names that gateways accept; None: any."""
        if self.allowed_hosts is not None:
            return None if "*" in self.allowed_hosts else self.allowed_hosts
        if self.host in ("0.0.0.0", "::"):  # noqa: S104 -- compared, not bound
            return None
        return [*_LOOPBACK_NAMES, *([self.host] if self.host not in _LOOPBACK_NAMES else [])]
