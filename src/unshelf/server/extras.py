"""Extras: what a setting chooses must be installed, which is said at the start and not in the log of some process."""

from importlib.util import find_spec

from unshelf.server.settings import Settings

_OTEL = (
    "opentelemetry", "opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.exporter.otlp",
    "opentelemetry.exporter.otlp.proto", "opentelemetry.exporter.otlp.proto.http",
)  # fmt: skip
"""Modules of the extra `otel`, parents first: a module whose parent is missing can't even be looked for."""


class ExtraMissing(Exception):
    """A setting chooses something that is not installed."""


def refuse_missing_extras(settings: Settings) -> None:
    """Raise ExtraMissing, which names the extra to install."""
    if settings.otlp_endpoint is not None and not all(find_spec(name) for name in _OTEL):
        raise ExtraMissing(
            "UNSHELF_OTLP_ENDPOINT is set, but OpenTelemetry is not installed; install it: pip install 'unshelf[otel]'"
        )
    if settings.backup_to.startswith("s3://") and find_spec("s3fs") is None:
        raise ExtraMissing(
            "UNSHELF_BACKUP_TO needs the extra 's3', which is not installed; install it: pip install 'unshelf[s3]'"
        )
