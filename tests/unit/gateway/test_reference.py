"""The reference pages hold what the code does: every code with its status, every route and header of the gateway."""

import re
from pathlib import Path

from unshelf.contracts.problems import CODES
from unshelf.gateway.predict.body_reader import DRAIN_BYTES, PACE_SECONDS, PATIENCE_SECONDS, SLOWEST_BYTES_PER_SECOND
from unshelf.gateway.workers.pool import MAX_ATTEMPTS

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def test_every_code_is_explained_with_its_status() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \|", (REFERENCE / "errors.md").read_text(), re.MULTILINE)

    assert {code: int(status) for code, status in rows} == CODES


def test_the_limits_are_those_of_the_code() -> None:
    page = (REFERENCE / "http.md").read_text()

    pace = f"longer while it comes at {SLOWEST_BYTES_PER_SECOND >> 10} KiB/s, looked at every {PACE_SECONDS:.0f} s"
    assert f"| time for a body, uploads included | {PATIENCE_SECONDS:.0f} s, and {pace} |" in page
    assert f"(up to {DRAIN_BYTES >> 20} MiB)" in page
    assert {1: "once", 2: "twice", 3: "at most three times"}[MAX_ATTEMPTS] in page
