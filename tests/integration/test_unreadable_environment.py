"""An environment that the platform may not read, as after a restore by root: its version alone is unavailable, until it is made again from
the lock that the database has."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration import unprivileged
from tests.support.models import write_model
from tests.support.platform import UNSHELF, running_platform
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.skipif(os.getuid() != 0, reason="becoming another user takes root"), pytest.mark.long]
PROGRAM = [sys.executable, unprivileged.__file__, "namespaces", *UNSHELF]
CODE = "def predict(rows):\n    return [1 for row in rows]\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the other user may enter."""
    made = Path(tempfile.mkdtemp(prefix="unreadable-"))
    os.chown(made, unprivileged.USER, unprivileged.GROUP)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_its_version_alone_is_unavailable_until_it_is_made_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setenv("HOME", str(folder))
    with running_platform(folder / "home", program=PROGRAM) as platform:
        for name, needs in (("closed", ("six",)), ("open", ())):
            source = write_model(folder / name, name=name, code=CODE, example=[{"a": 1}], requirements=needs)
            platform.cli("deploy", str(source))
        closed = platform.http.get("/api/v1/models/closed").json()["version"]["environment"]
    environment = folder / "home" / "environments" / closed
    os.chown(environment, 0, 0)
    environment.chmod(0)

    with running_platform(folder / "home", program=PROGRAM) as platform:
        assert platform.predict("open", [{"a": 1}]) == [1]
        first = platform.http.post("/models/closed/predict", json={"inputs": [{"a": 1}]})
        if first.status_code != 200:  # the lock has not come yet
            assert first.status_code == 503 and "may not be read" in first.json()["detail"]
            assert int(first.headers["retry-after"]) >= 1
        wait_until(  # control has the lock, which the host can't read
            lambda: platform.http.post("/models/closed/predict", json={"inputs": [{"a": 1}]}).status_code == 200,
            seconds=180.0,
            what="the environment to be made again",
        )
        checks = platform.http.get("/api/v1/machine").json()["machine"]["checks"]
        (check,) = [each for each in checks if each["name"] == "environments"]
        assert check["state"] == "warn" and closed[:12] in check["detail"], "doctor tells what was done"
