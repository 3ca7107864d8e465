"""How the supervisor starts control: one JSON argument."""

import msgspec


class ControlConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What control is started with."""

    home: str
    max_blob_bytes: int
    wake_seconds: float
    """How long the host may take to have a worker answer."""
    log_level: str = "INFO"
