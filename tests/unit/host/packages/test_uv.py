"""The package indexes that uv is set up with."""

from pathlib import Path

import pytest

from unshelf.host.packages.uv import Uv


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
