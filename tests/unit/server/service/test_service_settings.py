"""How long predictions may take once the server is to stop."""

import pytest

from unshelf.server.settings import read_settings


def test_the_time_to_drain_has_a_default_and_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().drain_seconds == 10.0
    monkeypatch.setenv("UNSHELF_DRAIN_SECONDS", "0")
    assert read_settings().drain_seconds == 0.0
    monkeypatch.setenv("UNSHELF_DRAIN_SECONDS", "-1")
    with pytest.raises(ValueError, match="UNSHELF_DRAIN_SECONDS"):
        read_settings()
