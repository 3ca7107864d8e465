"""What every process that writes needs of a disk, beside files."""

import os
from pathlib import Path


def flush_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, so that they survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
