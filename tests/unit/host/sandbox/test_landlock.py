"""Landlock's rules, as they are handed to the kernel."""

import errno
import os
import struct
from pathlib import Path

import pytest

from unshelf.host.sandbox import landlock, syscalls


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """A kernel with version 7 that notes what it is told."""
    told: list[bytes] = []

    def rules(attributes: bytes) -> int:
        told.append(attributes)
        return os.open("/dev/null", os.O_RDONLY)

    monkeypatch.setattr(syscalls, "landlock_version", lambda: 7)
    monkeypatch.setattr(syscalls, "landlock_rules", rules)
    monkeypatch.setattr(syscalls, "landlock_allow", lambda _, attributes: told.append(attributes))
    monkeypatch.setattr(syscalls, "landlock_restrict", lambda _: None)
    return told


def test_folders_and_files_get_the_rights_that_they_can_have(kernel: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    landlock.restrict(read=[str(tmp_path), "/is/not/there"], write=[str(tmp_path), str(tmp_path / "file")])
    assert struct.unpack("=QQQ", kernel[0]) == (0xFFFF, 0, 3)
    assert [struct.unpack("=Qi", line)[0] for line in kernel[1:]] == [0b1101, 0xFFFF, 0b1100_0000_0000_0111]


def test_an_older_kernel_is_asked_for_what_it_knows(kernel: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syscalls, "landlock_version", lambda: 1)
    landlock.restrict(read=[], write=[])
    assert struct.unpack("=Q", kernel[0]) == (0x1FFF,)
    assert not landlock.scopes_signals()


def test_a_kernel_without_it_has_version_0(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise OSError(errno.ENOSYS, "no such system call")

    monkeypatch.setattr(syscalls, "landlock_version", refuse)
    assert landlock.version() == 0
    with pytest.raises(OSError, match="no Landlock"):
        landlock.restrict(read=[], write=[])
