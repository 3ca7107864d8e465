"""System calls by number: what the kernel refuses is an OSError."""

import errno
import os
from pathlib import Path

import pytest

from unshelf.host.sandbox import syscalls


def test_what_the_kernel_refuses_is_an_error_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(OSError) as refused:
        syscalls.clone_mount(str(tmp_path / "gone"), syscalls.READ_ONLY)
    assert refused.value.errno in (errno.ENOENT, errno.EPERM)
    with pytest.raises(OSError, match=r"Bad file descriptor|not permitted"):
        syscalls.attach_mount(-1, str(tmp_path))
    with pytest.raises(OSError, match=r"Invalid argument|not permitted"):
        syscalls.unshare(-1)


@pytest.mark.skipif(os.getuid() != 0, reason="mounts take root")
def test_a_copy_of_a_mount_can_be_read_and_not_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    copy = syscalls.clone_mount(str(tmp_path), syscalls.READ_ONLY)
    try:
        file = os.open("file", os.O_RDONLY, dir_fd=copy)
        assert os.read(file, 10) == b"x"
        os.close(file)
        with pytest.raises(OSError) as refused:
            os.open("other", os.O_CREAT | os.O_WRONLY, dir_fd=copy)
        assert refused.value.errno == errno.EROFS
    finally:
        os.close(copy)
    assert not (tmp_path / "other").exists()
