"""The setting names the backend."""

from pathlib import Path

import pytest

from unshelf.contracts.errors import UnshelfError
from unshelf.runtime.blobs.backends import open_blobs
from unshelf.runtime.blobs.files import FileBlobs
from unshelf.runtime.blobs.port import BlobSettings
from unshelf.runtime.blobs.s3 import S3Blobs


@pytest.mark.parametrize(("setting", "kind"), [("files", FileBlobs), ("s3://bucket/prefix", S3Blobs)])
def test_each_setting_opens_its_backend(tmp_path: Path, setting: str, kind: type) -> None:
    opened = open_blobs(BlobSettings(setting=setting, folder=tmp_path, s3_endpoint="http://127.0.0.1:9"))
    assert type(opened) is kind
    assert list(tmp_path.iterdir()) == [], "nothing is made before it is needed"


def test_a_place_in_s3_without_a_bucket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnshelfError, match="no place in S3"):
        open_blobs(BlobSettings(setting="s3://", folder=tmp_path))
