"""The backends of the blobs port by name. A backend's module, and its library, is imported only when chosen."""

from importlib import import_module

from unshelf.runtime.blobs.port import Blobs, BlobSettings

BACKENDS = {
    "files": "unshelf.runtime.blobs.files:FileBlobs",
    "s3": "unshelf.runtime.blobs.s3:S3Blobs",
}


def open_blobs(settings: BlobSettings) -> Blobs:
    """Open the backend that the setting names, which the start of the server has checked."""
    module, _, name = BACKENDS[settings.setting.partition(":")[0]].partition(":")
    blobs: Blobs = getattr(import_module(module), name).from_settings(settings)
    return blobs
