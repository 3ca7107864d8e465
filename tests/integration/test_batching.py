"""How much is predicted together is the version's own: from unshelf.toml to the worker, the record and `unshelf show`."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.models import write_model
from tests.support.platform import Platform, running_platform

ROW = {"a": 1.0, "b": 2.0}


def batch_sizes(platform: Platform, name: str) -> set[int]:
    """The rows of the batches in which eight calls at a time were predicted."""
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: platform.predict(name, [ROW]), range(8))) == [[3.0]] * 8
    return {record["batch_rows"] for record in platform.records(name)}


@pytest.mark.long
def test_batches_wait_are_full_or_are_turned_off_as_the_version_says(tmp_path: Path) -> None:
    """Given a version whose batches of four wait for far longer than this test, and one without batches, when eight call each, then
    the first are predicted four by four, without waiting once they are four, and the second one by one."""
    waiting = "\n[batching]\nmax_rows = 4\nwait = 10\nshare = true\n"
    with running_platform(tmp_path / "home", gateways="2") as platform:
        platform.cli("deploy", str(write_model(tmp_path / "fours", name="fours", extra=waiting)))
        platform.cli("deploy", str(write_model(tmp_path / "ones", name="ones", extra="\n[batching]\nmax_rows = 1\n")))

        assert batch_sizes(platform, "fours") == {4}
        assert batch_sizes(platform, "ones") == {1}

        assert (
            "up to 4 rows or 16.0 MiB together, waiting up to 10000 ms for more" in platform.cli("show", "fours").stdout
        )
        assert "batching is turned off" in platform.cli("show", "ones").stdout
        asked = platform.http.get("/api/v1/models/fours").json()["version"]["batching"]
        assert asked == {"max_rows": 4, "max_bytes": 16 << 20, "wait": 10.0, "share": True}
