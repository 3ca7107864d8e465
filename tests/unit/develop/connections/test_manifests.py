"""Manifests of folders in buckets."""

import json

import pytest

from unshelf.develop.connections.manifests import FolderManifest, ManifestFile, is_part, manifest_bytes, read_manifest


def test_a_manifest_is_read_as_it_was_written_also_by_those_who_know_json_alone() -> None:
    manifest = FolderManifest(
        files=[ManifestFile(path="part-0.parquet", rows=3), ManifestFile(path="old/a.csv")], writes=["w"]
    )
    content = manifest_bytes(manifest)
    assert read_manifest(content) == manifest
    assert json.loads(content)["files"] == [{"path": "part-0.parquet", "rows": 3}, {"path": "old/a.csv", "rows": None}]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b'{"entries": []}', b'{"unshelf_manifest": 1, "files": [{"path": "../a"}]}',
        b'{"unshelf_manifest": 1, "files": [{"path": "/a"}]}',
    ],
)  # fmt: skip
def test_what_others_gave_this_name_is_none_and_no_path_leaves_the_folder(content: bytes) -> None:
    assert read_manifest(content) is None


def test_parts_of_our_writes_are_known_by_their_names() -> None:
    assert is_part("part-000012-01jdz8q2m3n4p5r6s7t8v9w0xy.parquet")
    for name in ("part-00000-4c6b2d9e-c000.snappy.parquet", "part-000012.parquet", "today.parquet"):
        assert not is_part(name)
