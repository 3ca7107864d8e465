"""Inside a job: its parameters, its data, and the results that it leaves. Outside of one these do what a try at a desk needs."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def job_parameters(**defaults: Any) -> dict[str, Any]:
    """Return the parameters of this job, over these defaults; outside of a job, the defaults."""
    path = os.environ.get("UNSHELF_PARAMETERS")
    return defaults | (json.loads(Path(path).read_text()) if path else {})


def job_result(results: Mapping[str, Any]) -> None:
    """Leave results, which are kept with the job; those left before under other names stay. Outside of a job, print them."""
    path = os.environ.get("UNSHELF_RESULTS")
    if not path:
        print(json.dumps(dict(results)))  # noqa: T201 - a try at a desk
        return
    target = Path(path)
    before = json.loads(target.read_text()) if target.exists() else {}
    written = target.with_name(f".{target.name}")
    written.write_text(json.dumps({**before, **results}))
    written.replace(target)
