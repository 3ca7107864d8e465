"""The configuration that the host writes to a worker or a zygote: the worker's own reader of contracts.protocols.worker."""

import json
from typing import Any, NamedTuple


class ConfiguredGroup(NamedTuple):
    """A control group to join."""

    file: str
    holds: str
    memory: bool
    joined: bool = False


class ConfiguredLimits(NamedTuple):
    """The limits of the tier."""

    groups: "tuple[ConfiguredGroup, ...]" = ()
    memory_bytes: int = 0
    memory_text: str = ""


class Configuration(NamedTuple):
    """Configuration of a worker; the manifest and the signature stay JSON objects."""

    bundle: str
    model: str
    version: int
    manifest: "dict[str, Any]"
    signature: "dict[str, Any] | None"
    batchable: bool = False
    max_batch_rows: int = 1024
    max_batch_bytes: int = 16 << 20
    batch_wait_seconds: float = 0.0
    busy_poll: bool = False
    replica: str = ""
    secrets: "list[str]" = []  # noqa: RUF012 - never changed
    limits: ConfiguredLimits = ConfiguredLimits()
    granted: "list[str] | None" = None
    variables: "dict[str, str]" = {}  # noqa: RUF012 - never changed

    @property
    def secret_values(self) -> "dict[str, str]":
        """The variables that are secrets."""
        return {name: self.variables[name] for name in self.secrets if name in self.variables}

    @property
    def timeout(self) -> float:
        """Seconds that a prediction may take."""
        seconds: float = self.manifest.get("timeout", USUAL_TIMEOUT)
        return seconds


USUAL_TIMEOUT = 30.0
"""The timeout of a manifest that leaves it out."""


class ZygoteConfiguration(NamedTuple):
    """Configuration of a zygote."""

    modules: "list[str]"
    kinds: "list[str]"
    variables: "dict[str, str]" = {}  # noqa: RUF012 - never changed


def read_worker_config(line: "bytes | bytearray") -> Configuration:
    """Read the line that starts a worker. Fields that a later host added are passed over."""
    given = json.loads(line)
    if "limits" in given:
        limits = given["limits"]
        groups = tuple(ConfiguredGroup(**_known(ConfiguredGroup, group)) for group in limits.get("groups", ()))
        given["limits"] = ConfiguredLimits(**{**_known(ConfiguredLimits, limits), "groups": groups})
    return Configuration(**_known(Configuration, given))


def read_zygote_config(line: "bytes | bytearray") -> ZygoteConfiguration:
    """Read the line that starts a zygote."""
    return ZygoteConfiguration(**_known(ZygoteConfiguration, json.loads(line)))


def _known(shape: Any, given: "dict[str, Any]") -> "dict[str, Any]":
    return {name: value for name, value in given.items() if name in shape._fields}
