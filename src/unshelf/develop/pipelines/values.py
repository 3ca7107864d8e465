"""Values of functions as control reads them: JSON and the names of files. No file is opened but `value.json`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import InvalidInput
from unshelf.develop.jobs.job_inputs import files_at
from unshelf.runtime.blobs.port import Blobs

VALUE = "value"
"""The folder of a function's value among the files that its job left."""
FACTS = "value.json"
MOST_FACTS_BYTES = 4 << 20


@dataclass(frozen=True, kw_only=True)
class LeftFiles:
    """Files that a step left as its value: one, a folder, or a table."""

    files: Sequence[BundleFile]
    is_table: bool = False
    environment: str | None = None
    """The hash of the environment that they were made in."""
    job: str | None = None
    """The job that left them."""


def value_files(left: Sequence[BundleFile]) -> list[BundleFile]:
    """Return the files of a job's value, with their paths in its folder. Raises InvalidInput for a job that left none."""
    files = files_at(list(left), VALUE)
    if not any(file.path == FACTS for file in files):
        raise InvalidInput("The job left no value.", hint="A step is a function, whose value is what it returns.")
    return files


def read_part(blobs: Blobs, files: Sequence[BundleFile], at: Sequence[str | int], environment: str | None) -> Any:
    """Return the part of a value at some keys: JSON, or LeftFiles. Raises InvalidInput for what it has not."""
    facts_file = next(file for file in files if file.path == FACTS)
    if facts_file.size > MOST_FACTS_BYTES:
        raise InvalidInput(f"The value has more than {MOST_FACTS_BYTES >> 20} MiB.", hint="Return files or tables.")
    try:
        facts = msgspec.json.decode(blobs.read(facts_file.sha256))
        for key in at:
            facts = _part(facts, key)
        return _value(facts, files, environment)
    except (LookupError, RecursionError, TypeError, ValueError) as error:
        where = "".join(f"[{key!r}]" for key in at)
        raise InvalidInput(f"The value has nothing usable at {where or 'its top'}: {error!r:.100}.") from None


def _part(facts: Any, key: str | int) -> Any:
    if facts["kind"] == "json":
        return {"kind": "json", "value": facts["value"][key]}
    return facts["items"][key]


def _value(facts: Any, files: Sequence[BundleFile], environment: str | None) -> Any:
    kind = facts["kind"]
    if kind == "json":
        return facts["value"]
    if kind in ("path", "table", "array"):
        place = str(facts["path" if kind == "path" else "file"])
        found = files_at(list(files), place)
        if not found:
            raise ValueError(f"no file {place}")
        return LeftFiles(files=found, is_table=kind == "table", environment=environment)
    raise ValueError("it is made of several parts: choose one by its key")
