"""Files that an attempt leaves: its output and its outputs folder become blobs, its results are read."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from unshelf.contracts.bundle import MAX_FILES, BundleFile, is_bundle_path
from unshelf.contracts.protocols.jobs import AttemptOutcome
from unshelf.host.jobs.attempt_folder import AttemptFolder, RunnerOutcome
from unshelf.runtime.blobs.port import CHUNK_BYTES, Blobs

RESULTS = "results.json"
"""The file in the outputs folder that holds a job's results: a JSON object."""
MAX_RESULTS_BYTES = 1 << 20
_LIMIT = 1 << 62
"""The disk bound held while the program ran."""


def store_leftovers(folder: AttemptFolder, ended: RunnerOutcome, blobs: Blobs) -> AttemptOutcome:
    """Put what an attempt left into the blob store, and return its outcome. Blocks. Raises Unavailable.

    The program and all that it started are gone; what they left is a stranger's: no link is followed, and only regular files are taken."""
    notes = [ended.detail] if ended.detail else []
    files: list[BundleFile] = []
    for path, place in regular_files(folder.outputs):
        if not is_bundle_path(place):
            notes.append(f"The file {place[:80]!a} is left out for its name.")
        elif len(files) == MAX_FILES:
            notes.append(f"Only {MAX_FILES} files are kept.")
            break
        elif (file := store_file(path, place, blobs)) is not None:
            files.append(file)
    results = _read_results(folder.outputs / RESULTS, notes)
    output = store_file(folder.output, "output.log", blobs)
    return AttemptOutcome(
        how=ended.how, status=ended.status, detail=" ".join(notes), started_at=ended.started_at, ended_at=ended.ended_at,
        cpu_seconds=ended.cpu_seconds, peak_memory_bytes=ended.peak_memory_bytes, output=output, files=files,
        series=ended.series,        results=results,
    )  # fmt: skip


def regular_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield what lies in a folder, by path and by path inside it; `store_file` takes of it what is a regular file."""
    for here, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(here, name)
            yield path, path.relative_to(folder).as_posix()


def store_file(path: Path, place: str, blobs: Blobs) -> BundleFile | None:
    """Store a regular file; None for whatever else has the name."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        digest, size = hashlib.sha256(), 0
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
        file.seek(0)
        blobs.put(digest.hexdigest(), iter(lambda: file.read(CHUNK_BYTES), b""), limit=_LIMIT)
    return BundleFile(path=place, sha256=digest.hexdigest(), size=size)


def _read_results(path: Path, notes: list[str]) -> str | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        content = file.read(MAX_RESULTS_BYTES + 1)
    if len(content) > MAX_RESULTS_BYTES:
        notes.append(f"{RESULTS} has more than {MAX_RESULTS_BYTES >> 20} MiB, and is not read.")
        return None
    try:
        results: Any = msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        notes.append(f"{RESULTS} is no JSON: {error}.")
        return None
    if not isinstance(results, dict):
        notes.append(f"{RESULTS} is no JSON object.")
        return None
    return msgspec.json.encode(results).decode()
