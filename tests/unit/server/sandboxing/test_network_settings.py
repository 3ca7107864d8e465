"""Settings of what programs may reach."""

import pytest
from pydantic import ValidationError

from unshelf.server.sandboxing.network_settings import NetworkSettings


def test_unless_set_everything_public_may_be_granted_and_old_versions_keep_their_network() -> None:
    settings = NetworkSettings()
    assert (settings.egress_allow, settings.network_default) == (["*", "full"], "full")


def test_the_policy_is_a_list_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSHELF_EGRESS_ALLOW", "*.example.org:443, 10.0.0.0/8:5432")
    assert NetworkSettings().egress_allow == ["*.example.org:443", "10.0.0.0/8:5432"]


def test_what_is_no_policy_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSHELF_EGRESS_ALLOW", "https://example.org/")
    with pytest.raises(ValidationError, match="is no port"):
        NetworkSettings()
