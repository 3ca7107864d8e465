"""Files that are given to a sandbox's user, by a platform that runs as one without rights."""

import os
from pathlib import Path

import pytest

from unshelf.host.sandbox.files import give_to


@pytest.mark.skipif(os.getuid() != 0, reason="becoming another user takes root")
def test_a_service_whose_group_has_another_number_gives_itself_what_it_has(tmp_path: Path) -> None:
    """`useradd --system` gives users and groups numbers of their own."""
    user, group = 65501, 65502
    work = tmp_path / "work"
    work.mkdir()
    (work / "file").touch()
    for path in (work, work / "file"):
        os.chown(path, user, group)
    here = os.open(tmp_path, os.O_RDONLY)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.fchdir(here)
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)
            give_to(os.getuid(), Path("work"))
            status = 0
        finally:
            os._exit(status)
    os.close(here)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert {(path.stat().st_uid, path.stat().st_gid) for path in (work, work / "file")} == {(user, group)}
