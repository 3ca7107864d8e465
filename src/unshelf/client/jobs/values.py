"""Values of jobs, fetched: what a function returned, read without running anything of its writer."""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from unshelf.client.errors import UnshelfError
from unshelf.client.jobs.call import FACTS, VALUE, read_value


def fetch_value(job: Mapping[str, Any], read: Callable[[str], bytes], folder: Path | None = None) -> Any:
    """Return the value that an ended job left. `read`: gives the content of one of its files. Raises UnshelfError."""
    if job["state"] != "succeeded":
        raise UnshelfError(
            f"The job {job['id']} has {job['state'].replace('_', ' ')}: {job['reason']}", code="job_failed",
            hint=f"`unshelf jobs logs {job['id']}` shows what it printed.",
        )  # fmt: skip
    paths = [each["path"] for each in job["runs"][-1]["files"] if each["path"].startswith(f"{VALUE}/")]
    if f"{VALUE}/{FACTS}" not in paths:
        raise UnshelfError(
            f"The job {job['id']} left no value.", code="not_found",
            hint=f"Only functions do; `unshelf jobs download {job['id']}` fetches the files that it left.",
        )  # fmt: skip
    target = Path(tempfile.mkdtemp(prefix="unshelf-value-")) if folder is None else folder
    has_files = True
    try:
        _download(paths, read, target)
        has_files = '"path"' in json.dumps(json.loads((target / VALUE / FACTS).read_text()))
        return read_value(target / VALUE)
    except (ImportError, KeyError, TypeError, ValueError) as error:
        raise UnshelfError(
            f"The value of the job {job['id']} can't be read here: {error}", code="invalid_input",
            hint="Tables need pyarrow, arrays NumPy; `unshelf jobs download` fetches the files as they are.",
        ) from error  # fmt: skip
    finally:
        if folder is None and not has_files:
            shutil.rmtree(target, ignore_errors=True)


def _download(paths: list[str], read: Callable[[str], bytes], target: Path) -> None:
    for path in paths:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise ValueError(f"the path {path!r} leads out of the folder")
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(read(path))
