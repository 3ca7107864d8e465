"""Locks are read in a process of their own, whose answer or end is told."""

import asyncio
import tomllib
from pathlib import Path
from typing import Any

import pytest

from unshelf.host.artifacts.locks import Lock, LockReader
from unshelf.host.errors import HostFailure

pytestmark = pytest.mark.runs_program

HASH = 'hashes = { sha256 = "' + "a" * 64 + '" }'
LOCK = (
    'lock-version = "1.0"\ncreated-by = "uv"\n\n[[packages]]\nname = "p"\nversion = "1"\n'
    f'wheels = [{{ url = "https://tok:pw@index/p.whl?sig=x", {HASH} }}]\n'
)


def read(folder: Path, text: str, **options: Any) -> Lock:
    return asyncio.run(LockReader(folder=folder).read(text, python="3.11.7", **options))


def test_a_lock_made_here_is_kept_without_credentials_and_installed_with_them(tmp_path: Path) -> None:
    lock = read(tmp_path, LOCK, index="https://index/simple")
    assert (lock.packages, lock.given) == (["p==1"], False)
    assert tomllib.loads(lock.text)["packages"][0]["wheels"][0]["url"] == "https://index/p.whl"
    (package,) = tomllib.loads(lock.to_install)["packages"]
    assert (package["index"], package["wheels"][0]["url"]) == (
        "https://index/simple", "https://tok:pw@index/p.whl?sig=x",
    )  # fmt: skip
    assert lock.name == read(tmp_path, LOCK.replace("tok:pw@", "")).name


def test_a_lock_that_came_with_a_bundle_has_neither_credentials_nor_index(tmp_path: Path) -> None:
    text = LOCK.replace("wheels", 'index = "https://pypi.org/simple"\nwheels')
    lock = read(tmp_path, text, trusted=["https://index/simple"])
    assert lock.given
    assert "tok" not in lock.text + lock.to_install
    assert "index" not in tomllib.loads(lock.to_install)["packages"][0]


@pytest.mark.parametrize(
    ("text", "options", "detail"),
    [
        (LOCK, {"trusted": ["https://other/simple"]}, "index, where a file of 'p' is said to lie, is no index"),
        ("x = [", {}, "The lock file can't be used: it is no TOML"),
        (LOCK, {"hashes": {"p": {"sha256:" + "b" * 64}}}, "No file of p 1 in the package index has a hash"),
        ("x" * (9 << 20), {}, "larger than 8 MiB"),
    ],
)  # fmt: skip
def test_one_that_can_not_be_used_is_refused_with_the_reason(
    tmp_path: Path, text: str, options: dict[str, Any], detail: str
) -> None:
    with pytest.raises(HostFailure, match=detail) as raised:
        read(tmp_path, text, **options)
    assert (raised.value.code, raised.value.step) == ("lock_failed", "lock")
    assert raised.value.detail.endswith(".")
    assert raised.value.hint
