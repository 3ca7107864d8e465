"""Settings: everything that can be chosen about a server, and the one reader of the environment."""

import logging
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsError

from unshelf.contracts.tiers import TIERS, Tier
from unshelf.manage.access.roles import Roles
from unshelf.manage.oidc.rights import ProviderGroups
from unshelf.runtime.machine.own_group import usable_cores
from unshelf.server.audit_settings import AuditSettings
from unshelf.server.identity.oidc_settings import OidcSettings
from unshelf.server.identity.own_roles import read_own_roles
from unshelf.server.list_settings import DataFolders, DataHosts, Proxies, SecretSources
from unshelf.server.options.backup_settings import BackupSettings
from unshelf.server.sandboxing.network_settings import NetworkSettings
from unshelf.server.service.service_settings import ServiceSettings

_MIB = 1024 * 1024
_SERVICE_LINK = re.compile(r"(tcp|udp|sctp)://\S+:\d+")
"""The value of NAME_PORT in every pod, for a Service of that name beside it."""
_LOOPBACK_NAMES = ["localhost", "127.0.0.1", "::1"]

logger = logging.getLogger(__name__)


class Settings(OidcSettings, AuditSettings, NetworkSettings, ServiceSettings, BackupSettings):
    """Settings of a server. Each field is set by the environment variable `UNSHELF_<NAME>` or by the command line."""

    home: Path = Field(
        default=Path("~/.unshelf"),
        description="The folder that holds everything: database, files, environments, predictions, logs.",
    )
    database: str = Field(
        default="sqlite:///unshelf.db",
        pattern=r"^(sqlite:///|postgresql://)\S+$",
        description=(
            "The database's URL: `sqlite:///FILE`, relative to the home folder, or `postgresql://USER:PASSWORD@HOST/NAME`."
        ),
    )
    blobs: str = Field(
        default="files",
        pattern=r"^(files|s3://\S+)$",
        description="Where the files of bundles lie: `files`, in the home folder, or `s3://BUCKET/PREFIX`.",
    )
    s3_endpoint: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="The address of the S3 server that `s3://` means, such as `https://s3.example.org`; unset: Amazon's.",
    )
    launcher: str = Field(default="process", description="What runs replicas: `process`, as processes of this machine.")
    identity: str = Field(default="local", description="Who knows the actors: `local`, the platform's own keys.")
    predictions: str = Field(
        default="files",
        pattern=r"^(files|s3://\S+)$",
        description="Where prediction records end up as Parquet: `files`, in the home folder, or `s3://BUCKET/PREFIX`.",
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
            "localhost and the address in `host` always may. Unset: these alone; any when it listens on all addresses."
        ),
    )
    trusted_proxies: Proxies = Field(default=[], description="Proxies whose X-Forwarded-For and -Proto are believed.")  # fmt: skip
    gateways: int = Field(
        default_factory=lambda: max(1, usable_cores() // 2),
        ge=1,
        le=256,
        description="How many gateway processes take predictions in; unset: half as many as there are processor cores.",
    )
    controls: int = Field(
        default=1,
        ge=1,
        le=16,
        description="How many control processes serve the API and do the background work; where one dies, the others go on.",
    )
    max_body_bytes: int = Field(
        default=32 * _MIB, ge=1, le=1024 * _MIB - 64, description="The largest body of a prediction request."
    )
    max_arrow_bytes: int = Field(
        default=1024 * _MIB - 64, ge=1, le=1024 * _MIB - 64,
        description="The largest body of a prediction request that is an Arrow stream.",
    )  # fmt: skip
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
    data_hosts: DataHosts = Field(
        default=[],
        description=(
            "The hosts, separated by commas, that connections may read and write: a name, `*.DOMAIN`, an address or a range "
            "(`10.0.0.0/8`), each perhaps with `:PORT`. Hosts of private ranges and this machine: by their whole name, address or range."
        ),
    )
    data_folders: DataFolders = Field(
        default=[],
        description="The folders of this machine, separated by commas, that connections may read: `NAME=PATH`, with absolute paths.",
    )
    secrets_from: SecretSources = Field(
        default=[],
        description=(
            "Where the operator keeps secrets of projects and models, separated by commas: `project/credit=/run/secrets/credit` "
            "(each file is one), `model/risk/API_KEY=/run/secrets/key`, `project/credit/DB_PASSWORD=env:CREDIT_DB` or "
            "`project/credit=env:CREDIT_` (each variable with this beginning)."
        ),
    )
    deploy_days: int = Field(
        default=90,
        ge=1,
        le=36_500,
        description="How many days the steps of a deploy are kept after its end; the audit trail is kept for ever.",
    )
    job_days: int = Field(default=365, ge=1, le=36_500, description="How many days ended jobs are kept.")
    alert_days: int = Field(
        default=365,
        ge=1,
        le=36_500,
        description="How many days an alert is kept after it was over; open ones stay.",
    )
    notification_days: int = Field(
        default=90,
        ge=1,
        le=36_500,
        description="How many days notifications, and what was sent to webhooks, are kept.",
    )
    smtp_host: str = Field(
        default="", description="The mail server that notifications are sent by; unset: none are, by e-mail."
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="The mail server's port.")
    smtp_user: str = Field(default="", description="The user to log in to the mail server as; unset: without logging in.")  # fmt: skip
    smtp_password: str = Field(default="", description="The password for the mail server.")
    smtp_tls: Literal["starttls", "tls", "off"] = Field(
        default="starttls",
        description=(
            "How the connection to the mail server is protected: `starttls`, `tls` from its beginning (port 465), or `off`."
        ),
    )
    smtp_sender: str = Field(
        default="",
        pattern=r"^([^<>@\s]+@[^<>@\s]+|[^<>@\x00-\x1f]* <[^<>@\s]+@[^<>@\s]+>)?$",
        description="Whom e-mails come from: `unshelf@example.org`, or `Unshelf <unshelf@example.org>`.",
    )
    webhook_hosts: Annotated[list[str], NoDecode] = Field(
        default=[],
        description=(
            "The hosts, separated by commas and each with a port or without, to which webhooks may lead although they are not of "
            "the public internet, and over http too. All others need https and a public address."
        ),
    )
    webhook_days: int = Field(
        default=5,
        ge=1,
        le=365,
        description="How many days a webhook may do nothing but fail before it is disabled and its owner notified.",
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
    roles: Annotated[dict[str, list[str]], NoDecode] = Field(
        default={},
        description=(
            "Roles of your own beside the built-in ones: a TOML file with `NAME = [permissions]` in each line, or the same as JSON."
        ),
    )
    lock_seconds: float = Field(
        default=300.0, gt=0, description="How long it may take to resolve the requirements of a new version."
    )
    build_seconds: float = Field(
        default=1800.0, gt=0, description="How long the environment of a new version may take to be fetched and built."
    )
    build_memory_bytes: int = Field(
        default=4096 * _MIB,
        ge=256 * _MIB,
        description="How much memory each process that resolves requirements or builds packages may take.",
    )
    build_disk_bytes: int = Field(
        default=32768 * _MIB,
        ge=256 * _MIB,
        description="How much a lock or a build may write on disk, packages that are installed as they are included.",
    )
    bundle_wheels: bool = Field(
        default=True,
        description="Whether bundles may bring packages that no index has, as wheels among their files.",
    )
    lock_hosts: Annotated[list[str], NoDecode] = Field(
        default=[],
        description=(
            "The host names, separated by commas, from which a lock file in a bundle may have packages over https, beside the "
            "server's own package indexes."
        ),
    )
    sandbox: Literal["auto", "require", "off"] = Field(
        default="auto",
        description=(
            "Whether models, checks and builds run with a user, files and processes of their own: `auto`, where this machine allows it; "
            "`require`, or nothing starts; `off`."
        ),
    )
    sandbox_users: str = Field(
        default="",
        pattern=r"^([1-9][0-9]*-[1-9][0-9]*)?$",
        description=(
            "The user ids that sandboxed programs run as, `FIRST-LAST`, which nobody else on this machine has; "
            "unset: 1879048192-1879113727, or 64000-64999 where there are no such high ones."
        ),
    )
    check_seconds: float = Field(default=300.0, gt=0, description="How long the check of a new version may take.")  # fmt: skip
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
    currency: str = Field(default="EUR", pattern=r"^[^\s\x00-\x1f\x7f]{1,16}$", description="The currency of prices and cost.")  # fmt: skip
    job_cores: float = Field(default=0.0, ge=0, le=4096, description="Cores that all jobs together may take; 0: all.")
    job_memory_bytes: int = Field(default=0, ge=0, description="Memory that all jobs together may take; 0: half of it.")
    gpus: int | None = Field(
        default=None, ge=0, le=1024,
        description="How many GPUs workers may be given, whole ones, by tiers with `gpu`; unset: all that there are.",
    )  # fmt: skip
    otlp_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://\S+$",
        description="The address to which OpenTelemetry spans of predictions are sent, by OTLP over HTTP; unset: none are.",
    )
    otlp_ratio: float = Field(
        default=1.0, ge=0, le=1, description="The share of the traces that begin here whose spans are sent."
    )
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s/?#]+/?)?$",
        description=(
            "The address that people and programs reach the server by, such as `https://models.example.org`: in links, and for "
            "cookies, which are for TLS only where it begins with https. Unset: as each request addresses the server."
        ),
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        try:
            return home.expanduser().absolute()
        except RuntimeError:
            raise ValueError("no home folder (HOME is not set); name a folder for the server's files") from None

    @field_validator("port", "grpc_port", mode="before")
    @classmethod
    def _not_of_kubernetes(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, str) and _SERVICE_LINK.fullmatch(value) and info.field_name is not None:
            logger.warning(
                "UNSHELF_%s=%s is what Kubernetes says of a Service, and is passed over", info.field_name.upper(), value
            )
            return cls.model_fields[info.field_name].default
        return value

    @field_validator("tiers", mode="plain")
    @classmethod
    def _with_defaults(cls, given: object) -> dict[str, Tier]:
        try:
            return TIERS | msgspec.convert(given, dict[str, Tier])
        except msgspec.ValidationError as error:
            raise ValueError(f"tiers: {error}") from error

    @field_validator("roles", mode="before")
    @classmethod
    def _own_roles(cls, given: object) -> object:
        try:
            own = msgspec.convert(read_own_roles(given) if isinstance(given, str) else given, dict[str, list[str]])
        except msgspec.ValidationError as error:
            raise ValueError(f"roles: {error}") from error
        Roles(own)
        return own

    @model_validator(mode="after")
    def _can_send_mail(self) -> "Settings":
        if self.smtp_host and not self.smtp_sender:
            raise ValueError("UNSHELF_SMTP_HOST needs UNSHELF_SMTP_SENDER, the address that e-mails come from")
        if self.smtp_password and self.smtp_tls == "off" and self.smtp_host not in _LOOPBACK_NAMES:
            raise ValueError("UNSHELF_SMTP_TLS=off would send the mail server's password for everybody to read")
        return self

    @model_validator(mode="after")
    def _can_be_led_back_to(self) -> "Settings":
        if self.oidc_issuer and not self.public_url:
            raise ValueError(
                "UNSHELF_OIDC_ISSUER needs UNSHELF_PUBLIC_URL, to which the identity provider leads people back"
            )
        ProviderGroups(self.oidc_groups, Roles(self.roles))
        return self

    @field_validator(
        "allowed_hosts",
        "lock_hosts",
        "data_hosts",
        "data_folders",
        "secrets_from",
        "webhook_hosts",
        "trusted_proxies",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value

    @property
    def accepted_hosts(self) -> list[str] | None:
        """The host names that gateways accept; None: any. Those of this machine are among them, for commands that run on it: no page
        of a stranger can have such a name."""
        listens_on_all = self.host in ("0.0.0.0", "::")  # noqa: S104 -- compared, not bound
        if "*" in (self.allowed_hosts or []) or (self.allowed_hosts is None and listens_on_all):
            return None
        own = [*_LOOPBACK_NAMES, *([] if listens_on_all else [self.host])]
        return list(dict.fromkeys([*(self.allowed_hosts or []), *own]))


def read_settings(**given: Any) -> Settings:
    """Read the settings from `given` (the command line) and the environment. Raises ValueError, which names each wrong setting."""
    try:
        return Settings(**given)
    except SettingsError as error:
        raise ValueError(str(error)) from error
    except ValidationError as error:
        faults = [(".".join(map(str, fault["loc"])), fault["msg"]) for fault in error.errors(include_url=False)]
        raise ValueError("; ".join(f"{_shown(name, given)}: {why}" for name, why in faults)) from error


def _shown(name: str, given: dict[str, Any]) -> str:
    """A setting as the person gave it: as an option, or as a variable of the environment."""
    return f"--{name}" if name in given else f"UNSHELF_{name.upper()}"
