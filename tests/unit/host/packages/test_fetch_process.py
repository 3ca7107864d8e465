"""Files of indexes: fetched by whoever may, held against their hashes."""

import hashlib
import json
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.support.package_index import package_index, tiny_wheel
from unshelf.host.packages.fetch_process import main

Fetch = Callable[..., dict[str, str]]


@pytest.fixture
def fetch(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Fetch:
    def ask(folder: Path, *files: dict[str, Any], folders: tuple[Path, ...] = ()) -> dict[str, str]:
        question = {"files": list(files), "folder": str(folder), "folders": [str(each) for each in folders]}
        monkeypatch.setattr(sys, "stdin", StringIO(json.dumps(question)))
        main()
        missing: dict[str, str] = json.loads(capsys.readouterr().out)
        return missing

    return ask


def wanted(url: str, content: bytes, name: str = "tiny.whl") -> dict[str, Any]:
    return {"name": name, "url": url, "hashes": {"sha256": hashlib.sha256(content).hexdigest()}}


def test_a_file_is_fetched_from_an_index(fetch: Fetch, tmp_path: Path) -> None:
    with package_index() as index:
        url = f"{index.address.removesuffix('/simple')}/files/tiny-1.0-py3-none-any.whl"
        assert fetch(tmp_path, wanted(url, index.wheel)) == {}
        assert (tmp_path / "tiny.whl").read_bytes() == index.wheel


def test_a_file_with_another_hash_is_not_kept(fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    content = tiny_wheel()  # once, for it has the time in it
    (tmp_path / "index" / "tiny.whl").write_bytes(content)
    url = f"file://{tmp_path}/index/tiny.whl"
    missing = fetch(tmp_path, wanted(url, b"another"), folders=(tmp_path / "index",))
    assert "not the one that was locked" in missing["tiny.whl"]
    assert not (tmp_path / "tiny.whl").exists()
    assert fetch(tmp_path, wanted(url, content), folders=(tmp_path / "index",)) == {}


def test_files_of_this_machine_are_those_of_the_indexes_alone(fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "index" / "link").symlink_to(tmp_path / "secret")
    for url in (
        f"file://{tmp_path}/secret",
        f"file://{tmp_path}/index/../secret",
        f"file://{tmp_path}/index/link",
        "data:,x",
    ):
        missing = fetch(tmp_path, wanted(url, b"secret", "out"), folders=(tmp_path / "index",))
        assert "no index of this server" in missing["out"], url
        assert not (tmp_path / "out").exists()


def test_what_is_not_there_is_said_and_the_others_are_fetched(fetch: Fetch, tmp_path: Path) -> None:
    with package_index() as index:
        files = f"{index.address.removesuffix('/simple')}/files"
        missing = fetch(
            tmp_path,
            wanted(f"{files}/gone.whl", b"", "gone.whl"),
            wanted(f"{files}/tiny-1.0-py3-none-any.whl", index.wheel),
        )
    assert list(missing) == ["gone.whl"]
    assert "404" in missing["gone.whl"]
    assert (tmp_path / "tiny.whl").exists()
