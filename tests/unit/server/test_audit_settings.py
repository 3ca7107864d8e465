"""Settings of the event log are refused before anything starts."""

from pathlib import Path

import pytest

from tests.support.audit_keys import write_keys
from unshelf.server.settings import read_settings


def test_a_file_that_is_no_key_is_named_with_its_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private, public = write_keys(tmp_path)
    monkeypatch.setenv("UNSHELF_AUDIT_KEY", str(private))
    assert read_settings().audit_key == str(private)
    monkeypatch.setenv("UNSHELF_AUDIT_KEY", str(public))
    with pytest.raises(ValueError, match="UNSHELF_AUDIT_KEY"):
        read_settings()
