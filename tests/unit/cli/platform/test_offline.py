"""Commands that read a home folder say what is wrong with it or with the settings."""

from pathlib import Path

import pytest

from unshelf.cli.platform.offline import offline
from unshelf.client.errors import UnshelfError

ACT = "unshelf.server.wiring.offline_audit:verify"


def test_a_folder_that_is_missing_and_settings_that_are_wrong_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnshelfError, match="There is no folder"):
        offline("audit verify", ACT, tmp_path / "missing", None)
    monkeypatch.setenv("UNSHELF_DATABASE", "oracle://")
    with pytest.raises(UnshelfError, match="UNSHELF_DATABASE"):
        offline("audit verify", ACT, tmp_path, None)
