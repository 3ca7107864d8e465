"""Manifests of folders in buckets: which objects are the rows of a folder, so that what a killed writer left is none of them."""

import re

import msgspec

MANIFEST = "_manifest.json"
"""The name begins with an underscore, so that readers of folders pass it over."""
_PART = re.compile(r"part-\d{6}-[0-9a-z]{26}\.")


class ManifestFile(msgspec.Struct, frozen=True, kw_only=True):
    """An object of the folder."""

    path: str
    """Relative to the folder."""
    rows: int | None = None
    """None: it was there before the folder had a manifest."""


class FolderManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a folder."""

    unshelf_manifest: int = 1
    """The version of this format."""
    files: list[ManifestFile]
    writes: list[str]
    """Keys of the writes that are complete: none of them is done again."""


def is_part(name: str) -> bool:
    """Whether a file's name is that of a part that a write of ours made, of which only a manifest says that it counts."""
    return _PART.match(name) is not None


def read_manifest(content: bytes) -> FolderManifest | None:
    """Return a manifest of ours; None for what is none: other programs give files this name too."""
    try:
        return msgspec.json.decode(content, type=_Known).manifest()
    except (msgspec.MsgspecError, ValueError):
        return None


def manifest_bytes(manifest: FolderManifest) -> bytes:
    """Return a manifest as it is stored."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    unshelf_manifest: int
    files: list[ManifestFile]
    writes: list[str] = []

    def manifest(self) -> FolderManifest:
        """Raises ValueError for paths that leave the folder."""
        for file in self.files:
            if any(part in ("", ".", "..") for part in file.path.split("/")):
                raise ValueError("a path leaves the folder")
        return FolderManifest(files=self.files, writes=self.writes)
