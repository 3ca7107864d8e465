"""Archives of environments: plain files are unpacked, anything else is refused."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from unshelf.client.environments.archive import unpack
from unshelf.client.errors import UnshelfError


def archive(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.type = len(data), kind
            if kind != tarfile.REGTYPE:
                info.size, info.linkname = 0, "/etc/passwd"
            tar.addfile(info, io.BytesIO(data))
    return content.getvalue()


def pieces(content: bytes) -> Iterator[bytes]:
    yield from (content[start : start + 700] for start in range(0, len(content), 700))


FILES = (("pylock.toml", b"lock"), ("requirements.txt", b"six"), ("wheels/six.whl", bytes(3000)))


def test_files_are_unpacked_as_they_come(tmp_path: Path) -> None:
    assert unpack(pieces(archive(*FILES)), tmp_path) == [name for name, _ in FILES]
    assert (tmp_path / "wheels" / "six.whl").read_bytes() == bytes(3000)


@pytest.mark.parametrize("name", ["../out", "/etc/out", "wheels/../../out"])
def test_a_member_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnshelfError, match="no plain file"):
        unpack(pieces(archive((name, b"x"))), tmp_path / "folder")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_a_member_that_is_no_file_is_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(UnshelfError, match="no plain file"):
        unpack(pieces(archive(("wheels", b""), kind=kind)), tmp_path)


@pytest.mark.parametrize("length", [0, 100, 700, 2000])
def test_an_archive_that_breaks_off_is_an_error(tmp_path: Path, length: int) -> None:
    with pytest.raises(UnshelfError, match="broke off"):
        unpack(pieces(archive(*FILES)[:length]), tmp_path)
