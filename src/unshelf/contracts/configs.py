"""How the supervisor starts its children: one JSON argument each, read by `python -m unshelf.gateway CONFIG`.

Every child runs with the run folder as its working folder, so that socket names stay short however deep the home folder
lies, and with the read end of a pipe as its standard input: end of file there means that the supervisor is gone.

Fields that are settings have the setting's name, and no default unless an earlier release did not send them: defaults, bounds and
descriptions stand in server/settings.py."""

from typing import Literal

import msgspec

from unshelf.contracts.bundle import NetworkKind
from unshelf.contracts.tiers import Tier

DATABASE_VARIABLE = "UNSHELF_DATABASE"
"""The environment variable with control's database URL, which holds a password and so is on no command line."""
SMTP_PASSWORD_VARIABLE = "UNSHELF_SMTP_PASSWORD"  # noqa: S105 -- a name
"""The environment variable with the password for the mail server, which is on no command line either."""

OIDC_CLIENT_SECRET_VARIABLE = "UNSHELF_OIDC_CLIENT_SECRET"  # noqa: S105 -- a name
"""The environment variable with the secret that the identity provider knows this server by."""

BACKUP_PASSPHRASE_VARIABLE = "UNSHELF_BACKUP_PASSPHRASE"  # noqa: S105 -- a name
"""The environment variable with the passphrase that keys in backups are sealed with."""


class DeferredOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How many deferred predictions may wait, run and be kept."""

    concurrency: int
    queue: int
    queue_bytes: int
    keep_seconds: float
    max_bytes: int


class AuditOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the event log is signed, closed and sent on."""

    key: str
    """The file of the Ed25519 private key that signs heads; empty: they are not signed."""
    close_seconds: float
    syslog: str
    """The syslog receiver's address; empty: none."""
    syslog_ca: str


class BackupConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How scheduled backups are made."""

    to: str
    """A folder, or `s3://BUCKET/PREFIX`; empty: none are made."""
    every: float
    """Hours."""
    keep: int
    key: Literal["sealed", "plain", "without"]
    passphrase: str
    """Empty on the command line: see BACKUP_PASSPHRASE_VARIABLE."""


class SmtpOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The mail server that notifications are sent by."""

    host: str
    """Empty: no e-mail is sent."""
    port: int
    user: str
    """Empty: it asks for none."""
    password: str
    """Empty on the command line: see SMTP_PASSWORD_VARIABLE."""
    tls: Literal["starttls", "tls", "off"]
    sender: str


class OidcOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The identity provider that people log in with."""

    issuer: str
    """Empty: there is none."""
    client_id: str
    client_secret: str
    """Empty on the command line: see OIDC_CLIENT_SECRET_VARIABLE."""
    client_secret_file: str
    """The file that holds it instead; empty: none does."""
    scopes: list[str]
    groups_claim: str
    groups: dict[str, list[str]]
    """Group of the provider → what it gives."""
    name_claim: str
    sign_up: Literal["groups", "everybody", "nobody"]
    email_domains: list[str]
    hosts: list[str]
    algorithms: list[str]
    label: str


class GatewayConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Configuration of a gateway."""

    index: int
    """The number that its files and sockets have, and those of no other gateway that runs at the same time."""
    gateways: int
    home: str
    log_level: str
    listen_fd: int
    """The listening TCP socket, bound by the supervisor and inherited, so that connections wait while a gateway restarts."""
    allowed_hosts: list[str] | None
    """Host names a request may be addressed to (against DNS rebinding); None: any, for a start behind a proxy."""
    trusted_proxies: list[str]
    """Addresses and ranges of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    max_body_bytes: int
    max_arrow_bytes: int
    recorded_arrow_bytes: int
    max_in_flight: int
    segment_bytes: int
    host: str
    grpc_port: int
    """With `host`, where the gateways listen together for gRPC; 0: nowhere."""
    otlp_endpoint: str | None
    otlp_ratio: float
    deferred: DeferredOptions
    controls: int
    """How many control processes there are, each at a socket of its own."""
    drain_seconds: float
    """How long requests in flight have to be answered once the gateway is to end."""
    place: int | None = None
    """0, 1, … up to the number of gateways: its part of what gateways share out. While gateways are replaced, an old and a new one have
    the same; None: its index."""


class HostConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Configuration of the host."""

    home: str
    log_level: str
    check_seconds: float
    start_seconds: float
    memory_budget_bytes: int
    tiers: dict[str, Tier]
    gpus: int | None
    blobs: str
    s3_endpoint: str
    lock_seconds: float
    build_seconds: float
    build_memory_bytes: int
    build_disk_bytes: int
    lock_hosts: list[str]
    build_hosts: list[str]
    bundle_wheels: bool
    sandbox: Literal["auto", "require", "off"]
    sandbox_users: str
    egress_allow: list[str]
    network_default: NetworkKind
    supervisor: int
    """The process whose tree is metered; 0: the host's own."""


class ControlConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Configuration of control."""

    home: str
    log_level: str
    database: str
    """Empty on the command line: see DATABASE_VARIABLE."""
    blobs: str
    s3_endpoint: str
    identity: str
    predictions: str
    max_blob_bytes: int
    start_seconds: float
    prediction_days: int | None
    prediction_max_bytes: int | None
    data_hosts: list[str]
    data_folders: list[str]
    secrets_from: list[str]
    deploy_days: int
    job_days: int
    alert_days: int
    public_url: str
    tiers: dict[str, Tier]
    roles: dict[str, list[str]]
    """Roles of this installation's own: name → permissions."""
    notification_days: int
    smtp: SmtpOptions
    audit: AuditOptions
    backup: BackupConfig
    webhook_hosts: list[str]
    webhook_days: int
    oidc: OidcOptions
    egress_allow: list[str]
    network_default: NetworkKind
    currency: str
    job_cores: float
    job_memory_bytes: int
    index: int
    """0, 1, … up to the number of controls."""
    controls: int
