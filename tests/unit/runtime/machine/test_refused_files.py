"""Files that belong to another user: the refusal says whose they are, and what to do."""

import errno
import os
from pathlib import Path

import pytest

from unshelf.runtime.machine.refused_files import owner_hint


def test_a_file_of_another_user_is_named_with_what_to_do(tmp_path: Path) -> None:
    theirs, here = Path("/proc/1/environ"), tmp_path / "file"
    said = owner_hint(PermissionError(errno.EACCES, "Permission denied", str(theirs)))
    if os.geteuid() == theirs.lstat().st_uid:
        pytest.skip("this user owns what no other may read")
    assert "belongs to root" in said
    assert "chown -R" in said
    assert owner_hint(PermissionError(errno.EACCES, "Permission denied", str(here))) == "", "it is this user's own"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_nearest_folder_that_is_there_tells_whose_it_is(tmp_path: Path) -> None:
    os.chown(tmp_path, 65501, 65501)
    refused = PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "backups" / "b1.json"))
    assert owner_hint(refused).startswith(f"{tmp_path} belongs to 65501")
    assert owner_hint(FileNotFoundError(errno.ENOENT, "No such file", str(tmp_path / "b1.json"))) == ""
