"""The choice of a sandbox by the setting and the machine."""

import os
from pathlib import Path

import pytest

from unshelf.host.sandbox.backends import SandboxRequired, open_sandbox


def test_off_means_none_whoever_runs(tmp_path: Path) -> None:
    assert open_sandbox("off", "", tmp_path).reason == "UNSHELF_SANDBOX is off"


def test_who_is_not_root_has_none_and_is_refused_where_one_is_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    assert open_sandbox("auto", "", tmp_path).reason == "Unshelf does not run as root"
    with pytest.raises(SandboxRequired, match="does not run as root"):
        open_sandbox("require", "", tmp_path)
