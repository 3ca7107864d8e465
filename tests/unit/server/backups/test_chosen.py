"""What the server of a home folder ran with."""

from pathlib import Path

import pytest

from unshelf.contracts.errors import UnshelfError
from unshelf.server.backups.chosen import must_agree, note_backends
from unshelf.server.settings import read_settings


def test_a_command_with_other_settings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    mine = read_settings(home=tmp_path)
    must_agree(mine)
    note_backends(read_settings(home=tmp_path, database="postgresql://u:secret@h/d", blobs="s3://b/p"))
    with pytest.raises(UnshelfError, match="UNSHELF_DATABASE") as refused:
        must_agree(mine)
    assert "UNSHELF_BLOBS" in refused.value.detail
    assert "secret" not in (tmp_path / "run" / "backends.json").read_text()
    note_backends(mine)
    must_agree(mine)
