"""Trees of files are laid out once, whole or not at all, and go when nothing asked for them for a while."""

import hashlib
import os
import time
from pathlib import Path

import pytest

from tests.support.async_tests import in_event_loop
from unshelf.contracts.bundle import BundleFile, tree_digest
from unshelf.contracts.home import Home
from unshelf.host.errors import HostFailure
from unshelf.host.jobs.file_trees import KEPT_SECONDS, FileTrees
from unshelf.runtime.blobs.files import FileBlobs


class Trees:
    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        self.home.job_files.mkdir(parents=True)
        self.blobs = FileBlobs(self.home.blobs)
        self.trees = FileTrees(self.home, self.blobs)

    def put(self, path: str, content: bytes) -> BundleFile:
        digest = hashlib.sha256(content).hexdigest()
        self.blobs.put(digest, [content], limit=len(content))
        return BundleFile(path=path, sha256=digest, size=len(content))


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    return Trees(tmp_path)


@in_event_loop
async def test_a_tree_is_laid_out_for_everybody_to_read(trees: Trees) -> None:
    files = [trees.put("train.py", b"pass"), trees.put("lib/helper.py", b"x = 1")]
    folder = await trees.trees.lay_out(files)
    assert folder.name == tree_digest(files)
    assert (folder / "lib" / "helper.py").read_bytes() == b"x = 1"
    assert (folder / "train.py").stat().st_mode & 0o777 == 0o644
    assert (folder / "lib").stat().st_mode & 0o777 == 0o755
    trees.blobs.delete([file.sha256 for file in files])
    assert await trees.trees.lay_out(files[::-1]) == folder, "the order of the files is no part of the name"


@in_event_loop
async def test_a_missing_or_damaged_file_leaves_nothing(trees: Trees) -> None:
    good, gone, bad = trees.put("a", b"a"), trees.put("b", b"b"), trees.put("c", b"c")
    trees.blobs.delete([gone.sha256])
    trees.blobs.path_of(bad.sha256).write_bytes(b"other")
    with pytest.raises(HostFailure, match="'b' is not here"):
        await trees.trees.lay_out([good, gone])
    with pytest.raises(HostFailure, match="'c' is damaged"):
        await trees.trees.lay_out([good, bad])
    assert list(trees.home.job_files.iterdir()) == []


@in_event_loop
async def test_a_path_that_is_file_and_folder_is_refused(trees: Trees) -> None:
    with pytest.raises(HostFailure, match="both a file and a folder"):
        await trees.trees.lay_out([trees.put("a", b"1"), trees.put("a/b", b"2")])


@in_event_loop
async def test_a_tree_goes_once_nobody_uses_it_and_asked_for_it_lately(trees: Trees) -> None:
    used, fresh, old = [await trees.trees.lay_out([trees.put(name, name.encode())]) for name in ("a", "b", "c")]
    moment = time.time() - KEPT_SECONDS - 1
    for folder in (used, old):
        os.utime(folder, (moment, moment))
    trees.trees.sweep({used.name})
    assert sorted(trees.home.job_files.iterdir()) == sorted([used, fresh])
