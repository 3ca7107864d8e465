"""Exports: the wheels that an environment of this Python needs, and the archive's bytes."""

import io
import tarfile
from pathlib import Path

from packaging.tags import cpython_tags

from unshelf.host.prepare.export import tar_chunks, wanted_wheels

BEST = next(iter(cpython_tags((3, 11))))


def wheel(name: str) -> dict[str, object]:
    return {"url": f"https://index/files/{name}", "hashes": {"sha256": "a" * 64}}


def test_the_wheel_that_fits_best_is_wanted() -> None:
    names = [f"own-1.0-{tag}.whl" for tag in ("py3-none-any", f"cp311-cp311-{BEST.platform}", "cp39-cp39-win_amd64")]
    packages = [{"name": "Own", "wheels": [wheel(name) for name in names]}]
    (chosen,) = wanted_wheels(packages, {"own"}, "3.11.7")
    assert (chosen.name, chosen.url) == (names[1], f"https://index/files/{names[1]}")
    assert [each.name for each in wanted_wheels(packages, {"own"}, "3.12.1")] == [names[0]]


def test_packages_without_a_wheel_that_fits_and_such_that_are_not_installed_are_left_out() -> None:
    packages = [
        {"name": "source", "sdist": {"url": "https://index/source.tar.gz", "hashes": {}}},
        {"name": "windows", "wheels": [wheel("windows-1.0-cp311-cp311-win_amd64.whl")]},
        {"name": "bundled", "wheels": [{"path": "wheels/bundled-1.0-py3-none-any.whl", "hashes": {}}]},
        {"name": "odd", "wheels": [wheel("odd.whl")]},
        {"name": "elsewhere", "wheels": [wheel("elsewhere-1.0-py3-none-any.whl")]},
    ]
    assert wanted_wheels(packages, {"source", "windows", "bundled", "odd"}, "3.11.7") == []


def test_an_archive_is_read_by_any_tar(tmp_path: Path) -> None:
    files = {"a.txt": b"a", "wheels/b.whl": bytes(3 << 20), "wheels/empty": b""}
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    chunks = list(tar_chunks(tmp_path))
    assert max(map(len, chunks)) <= 1 << 20
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        assert {each.name: archive.extractfile(each).read() for each in archive} == files  # type: ignore[union-attr]
