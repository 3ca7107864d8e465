"""The package indexes that uv is set up with."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from unshelf.host.errors import HostFailure
from unshelf.host.packages.fetch_process import WantedFile
from unshelf.host.packages.uv import BuildLimits, Uv


@pytest.mark.parametrize(
    ("given", "index"),
    [
        ({}, "https://pypi.org/simple"),
        ({"UV_DEFAULT_INDEX": "http://u:p@a/simple"}, "http://a/simple"),
        ({"UV_DEFAULT_INDEX": "my-own.index=http://a"}, "http://a"),
        (
            {"UV_DEFAULT_INDEX": "own=https://mirror/simple?a=b", "UV_INDEX_URL": "https://x"},
            "https://mirror/simple?a=b",
        ),
        ({"PIP_INDEX_URL": "https://mirror/simple?a=b"}, "https://mirror/simple?a=b"),
        ({"UV_INDEX_URL": "http://old"}, "http://old"),
        ({"UV_INDEX_URL": "http://old", "UV_DEFAULT_INDEX": "http://new"}, "http://new"),
    ],
)
def test_the_default_index_is_an_address(tmp_path: Path, given: dict[str, str], index: str) -> None:
    assert Uv(tmp_path, given, cache=tmp_path).default_index == index


def test_the_sources_are_all_indexes_and_folders_without_their_passwords(tmp_path: Path) -> None:
    given = {
        "UV_DEFAULT_INDEX": "https://me:secret@a/simple", "UV_INDEX": "two=https://token@b/simple https://c/simple",
        "UV_FIND_LINKS": "/wheels,https://d/links",
    }  # fmt: skip
    assert Uv(tmp_path, given, cache=tmp_path).sources == [
        "https://a/simple", "https://b/simple", "https://c/simple", "/wheels", "https://d/links",
    ]  # fmt: skip


@pytest.mark.runs_program
def test_files_that_are_fetched_take_no_more_disk_than_a_build_may(tmp_path: Path) -> None:
    links, folder, content = tmp_path / "links", tmp_path / "wheels", b"x" * 100_000
    for each in (links, folder):
        each.mkdir()
    (links / "six.whl").write_bytes(content)
    hashes = {"sha256": hashlib.sha256(content).hexdigest()}
    wanted = [WantedFile(name="six.whl", url=(links / "six.whl").as_uri(), hashes=hashes)]
    given = {"UV_FIND_LINKS": str(links)}
    small = Uv(tmp_path, given, cache=tmp_path, limits=BuildLimits(disk_bytes=50_000))
    with pytest.raises(HostFailure, match="wrote more than") as failed:
        asyncio.run(small.fetch(wanted, folder))
    assert "UNSHELF_BUILD_DISK_BYTES" in failed.value.hint
    (folder / "six.whl").unlink()
    assert asyncio.run(Uv(tmp_path, given, cache=tmp_path).fetch(wanted, folder)) == {}
