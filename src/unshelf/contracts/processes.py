"""How the supervisor starts a gateway and the host: one JSON argument each, read by `python -m unshelf.gateway CONFIG`.

Every child runs with the run folder as its working folder, so that socket names stay short however deep the home folder
lies, and with the read end of a pipe as its standard input: end of file there means that the supervisor is gone."""

import msgspec

from unshelf.contracts.tiers import TIERS, Tier

CONTROL_SOCKET = "control.sock"
HOST_SOCKET = "host.sock"
METRICS_FOLDER = "metrics"
"""Where, in the run folder, gateways count; emptied when the server starts."""


class GatewayConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway is started with."""

    index: int
    """0, 1, … up to the number of gateways."""
    home: str
    listen_fd: int
    """The listening TCP socket, bound by the supervisor and inherited, so that connections wait while a gateway restarts."""
    max_body_bytes: int
    max_in_flight: int
    """Predictions of one version that may be waiting or running in this gateway; more get 503."""
    allowed_hosts: list[str] | None
    """Host names a request may be addressed to (against DNS rebinding); None: any, for a start behind a proxy."""
    segment_bytes: int
    """Size at which a prediction segment is closed and a new one begun."""
    log_level: str = "INFO"
    max_arrow_bytes: int = (1 << 30) - 64
    """The largest body that is an Arrow stream; with its header it must fit into a frame."""
    recorded_arrow_bytes: int = 1 << 20
    """How much of an Arrow stream its record keeps."""
    grpc_host: str = "127.0.0.1"
    grpc_port: int = 0
    """Where the gateways listen together for gRPC; 0: nowhere."""
    gateways: int = 1
    """How many gateways there are: each holds that part of a limit."""
    otlp_endpoint: str = ""
    """Where spans are sent, by OTLP over HTTP; empty: nowhere."""
    otlp_ratio: float = 1.0
    """The share of the traces that begin here whose spans are sent."""
    deferred_concurrency: int = 1
    """Deferred predictions that run at a time for each replica that a version may have, in all gateways together."""
    deferred_queue: int = 1000
    """Deferred predictions that may wait and run, of all versions."""
    deferred_queue_bytes: int = 1 << 30
    """The bytes of their bodies."""
    deferred_keep_seconds: float = 86_400.0
    """How long the answer of a finished one is kept."""
    deferred_max_bytes: int = 1 << 30
    """What kept answers may take together; the oldest go."""


class HostConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What the host is started with."""

    home: str
    check_seconds: float
    """How long the check of a version may take before it is failed."""
    start_seconds: float
    """How long a worker may take until it serves."""
    log_level: str = "INFO"
    memory_budget_bytes: int = 0
    """What workers and zygotes may take together before idle ones go; 0: 60 % of the machine's memory."""
    tiers: dict[str, Tier] = msgspec.field(default_factory=lambda: dict(TIERS))
    """The tiers that versions may ask for."""
    gpus: int | None = None
    """How many GPUs workers may be given; None: all that there are."""
