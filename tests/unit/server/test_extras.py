"""What a setting chooses must be installed: the start is refused otherwise, and the extra is named."""

from pathlib import Path

import pytest

from unshelf.server import extras
from unshelf.server.extras import ExtraMissing, refuse_missing_extras
from unshelf.server.settings import Settings


def test_a_collector_without_opentelemetry_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Settings(home=tmp_path, otlp_endpoint="http://localhost:4318")
    refuse_missing_extras(wanted)

    installed = extras.find_spec
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "opentelemetry.sdk" else installed(name))

    with pytest.raises(ExtraMissing, match=r"unshelf\[otel\]"):
        refuse_missing_extras(wanted)
    refuse_missing_extras(Settings(home=tmp_path))


@pytest.mark.parametrize("wrong", ["localhost:4318", "ftp://x", "http://a b"])
def test_an_endpoint_is_an_http_address(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ValueError, match="otlp_endpoint"):
        Settings(home=tmp_path, otlp_endpoint=wrong)
