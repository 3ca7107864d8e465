"""How the supervisor starts control: one JSON argument."""

import msgspec


class ControlConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What control is started with."""

    home: str
    max_blob_bytes: int
    wake_seconds: float
    """How long the host may take to have a worker answer."""
    log_level: str = "INFO"
    prediction_days: int | None = None
    """How many days back prediction records are kept; None: all."""
    prediction_max_bytes: int | None = None
    """How much prediction records may take together; None: no limit."""
    deploy_days: int = 90
    """How many days the steps of deploys are kept after their end."""
    alert_days: int = 365
    """How many days alerts are kept after they were over."""
