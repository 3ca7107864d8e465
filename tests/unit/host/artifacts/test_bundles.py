"""Bundles are laid out whole and verified, or not at all, and go with the last one that needs them."""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from unshelf.contracts.bundle import BundleFile, Loader, Manifest
from unshelf.contracts.errors import Unavailable
from unshelf.contracts.home import Home
from unshelf.host.artifacts.bundles import MANIFEST_FILE, BundleStore
from unshelf.host.errors import HostFailure
from unshelf.runtime.blobs.files import FileBlobs


class Scene:
    """A home folder with blobs."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        for made in (self.home.bundles, self.home.manifests):
            made.mkdir(parents=True)
        self.blobs = FileBlobs(self.home.blobs)
        self.store = BundleStore(self.home, self.blobs)

    def file(self, path: str, content: bytes) -> BundleFile:
        digest = hashlib.sha256(content).hexdigest()
        self.blobs.put(digest, [content], limit=1 << 20)
        return BundleFile(path=path, sha256=digest, size=len(content))

    def spoil(self, file: BundleFile) -> None:
        (self.home.blobs / file.sha256[:2] / file.sha256).write_bytes(b"something else")

    def lay_out(self, manifest: Manifest) -> Path:
        asyncio.run(self.store.lay_out(manifest))
        return self.store.files(manifest.digest)

    def leftovers(self) -> list[str]:
        return sorted(path.name for path in self.home.bundles.iterdir())


def a_manifest(*files: BundleFile) -> Manifest:
    return Manifest(loader=Loader(kind="python"), files=list(files), python="3.11")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "home")


def test_files_are_laid_out_read_only_beside_their_manifest(scene: Scene) -> None:
    contents = {"model.bin": b"weights", "code/app.py": b"def predict(): ...", MANIFEST_FILE: b"{}"}
    manifest = a_manifest(*(scene.file(path, content) for path, content in contents.items()))
    files = scene.lay_out(manifest)
    laid_out = [path for path in files.rglob("*") if path.is_file()]
    assert {str(path.relative_to(files)): path.read_bytes() for path in laid_out} == contents
    assert (files / "model.bin").stat().st_mode & 0o777 == 0o444
    assert scene.store.manifest(manifest.digest) == manifest
    assert scene.leftovers() == [manifest.digest]


def test_a_bundle_that_is_there_is_not_copied_again(scene: Scene) -> None:
    file = scene.file("model.bin", b"weights")
    manifest = a_manifest(file)
    scene.lay_out(manifest)
    scene.blobs.delete([file.sha256])
    assert (scene.lay_out(manifest) / "model.bin").read_bytes() == b"weights"


def test_the_manifest_of_a_bundle_whose_folder_is_lost_is_still_known(scene: Scene) -> None:
    manifest = a_manifest(scene.file("model.bin", b"weights"))
    assert scene.store.manifest(manifest.digest) is None
    folder = scene.lay_out(manifest).parent
    folder.rename(folder.with_name("lost"))
    assert scene.store.manifest(manifest.digest) == manifest
    scene.home.manifest(manifest.digest).unlink()
    scene.home.manifest(manifest.digest).write_bytes(b"{")
    assert scene.store.manifest(manifest.digest) is None


def test_a_missing_or_damaged_blob_leaves_nothing(scene: Scene) -> None:
    good, bad = scene.file("a", b"a"), scene.file("b", b"b")
    scene.spoil(bad)
    with pytest.raises(HostFailure, match="'b' is damaged") as damaged:
        scene.lay_out(a_manifest(good, bad))
    scene.blobs.delete([bad.sha256])
    with pytest.raises(HostFailure, match="'b' is not in the blob store") as missing:
        scene.lay_out(a_manifest(good, bad))
    assert {damaged.value.code, missing.value.code} == {"check_failed"}
    assert scene.leftovers() == []


@pytest.mark.parametrize("paths", [("a", "a/b"), ("a/b", "a")])
def test_a_path_that_is_a_file_and_a_folder_is_refused(scene: Scene, paths: tuple[str, str]) -> None:
    with pytest.raises(HostFailure, match="both as a file and as a folder"):
        scene.lay_out(a_manifest(*(scene.file(path, path.encode() * 2) for path in paths)))
    assert scene.leftovers() == []


def test_a_blob_store_that_does_not_answer_can_be_asked_again(scene: Scene) -> None:
    class Away:
        def chunks(self, digest: str) -> Iterator[bytes]:
            yield self.read(digest)

        def read(self, digest: str) -> bytes:
            raise Unavailable("S3 does not answer.", hint="Check it.")

    away: Any = Away()
    manifest = a_manifest(scene.file("a", b"a"))
    store = BundleStore(scene.home, away)
    with pytest.raises(HostFailure) as laying:
        asyncio.run(store.lay_out(manifest))
    with pytest.raises(HostFailure) as reading:
        store.read(manifest.files[0], limit=9)
    for raised in (laying, reading):
        assert (raised.value.code, raised.value.hint) == ("unavailable", "Check it.")


def test_one_file_is_read_verified_and_within_the_limit(scene: Scene) -> None:
    file = scene.file("lock", b"text")
    assert scene.store.read(file, limit=4) == b"text"
    with pytest.raises(HostFailure, match="at most 3 are read"):
        scene.store.read(file, limit=3)
    scene.spoil(file)
    with pytest.raises(HostFailure, match="damaged"):
        scene.store.read(file, limit=4)


def test_a_caller_that_gives_up_leaves_nothing(scene: Scene) -> None:
    """Given a copy that is under way, when it is cancelled, then it stops at the next chunk and its folder goes."""
    begun, goes_on = asyncio.Event(), asyncio.Event()

    class Slow:
        def chunks(self, digest: str) -> Iterable[bytes]:
            yield b"a"
            loop.call_soon_threadsafe(begun.set)
            asyncio.run_coroutine_threadsafe(goes_on.wait(), loop).result(30)
            yield b"b"

    async def story() -> None:
        nonlocal loop
        loop = asyncio.get_running_loop()
        slow: Any = Slow()
        store = BundleStore(scene.home, slow)
        laying = asyncio.create_task(store.lay_out(a_manifest(BundleFile(path="a", sha256="0" * 64, size=2))))
        await begun.wait()
        laying.cancel()
        await asyncio.sleep(0)
        goes_on.set()
        with pytest.raises(asyncio.CancelledError):
            await laying

    loop = asyncio.new_event_loop()
    loop.close()
    asyncio.run(story())
    assert scene.leftovers() == []


def test_a_forgotten_bundle_is_gone_unless_a_deploy_uses_it(scene: Scene) -> None:
    manifest = a_manifest(scene.file("a", b"a"))
    files = scene.lay_out(manifest)

    async def story() -> None:
        async with scene.store.holds.hold(manifest.digest):
            await scene.store.forget(manifest.digest)
            assert files.is_dir()
        assert not files.exists()
        await scene.store.forget(manifest.digest)
        await scene.store.forget("../../etc")

    asyncio.run(story())
    assert scene.store.manifest(manifest.digest) is None
    assert scene.leftovers() == []


def test_what_a_failed_deploy_laid_out_goes_with_it(scene: Scene) -> None:
    manifest = a_manifest(scene.file("a", b"a"))

    async def story() -> None:
        async with scene.store.holds.hold(manifest.digest):
            await scene.store.lay_out(manifest)
            assert scene.store.files(manifest.digest).is_dir()

    asyncio.run(story())
    assert scene.leftovers() == []


def test_what_a_killed_host_left_is_swept(scene: Scene) -> None:
    manifest = a_manifest(scene.file("a", b"a"))
    scene.lay_out(manifest)
    (scene.home.bundles / f".building-{manifest.digest}-12345678").mkdir()
    assert len(scene.store.sweep()) == 1
    assert scene.leftovers() == [manifest.digest]
