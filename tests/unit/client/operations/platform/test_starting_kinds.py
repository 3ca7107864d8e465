"""Names of what is started again."""

from typing import Any, cast

import pytest

from unshelf.client.http import Http
from unshelf.client.operations.platform import starting_kinds
from unshelf.client.operations.platform.kind import Installation
from unshelf.contracts.errors import NotFound

JOBS = [
    {"id": "3", "name": "nightly", "project": "other"},
    {"id": "2", "name": "nightly", "project": "risk"},
    {"id": "1", "name": "nightly", "project": "risk"},
]


class Jobs:
    """Jobs, the newest first."""

    def get(self, path: str, **asked: Any) -> Any:
        if path == "/api/v1/jobs":
            return {"jobs": JOBS, "next_cursor": None}
        found = [job for job in JOBS if path == f"/api/v1/jobs/{job['id']}"]
        if not found:
            raise NotFound
        return found[0]


def test_a_name_is_that_of_the_newest_in_the_project_and_an_id_of_what_is_gone_stays() -> None:
    of = Installation(cast(Http, Jobs()))
    assert starting_kinds.id_of(of, "risk", "job", "nightly") == "2"
    assert starting_kinds.name_of(of, "job", "1") == "nightly"
    assert starting_kinds.name_of(of, "job", "9") == "9"
    assert starting_kinds.name_of(of, None, None) is None
    with pytest.raises(NotFound, match="no job 'weekly'"):
        starting_kinds.id_of(of, "risk", "job", "weekly")
