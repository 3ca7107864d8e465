"""Wherever the home folder lies, a sandboxed model finds the whole of its environment, after it was forked too."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.models import write_model
from tests.support.platform import running_platform

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="a sandbox takes root")

LATE = """
import os, sysconfig
%s

def predict(rows):
    if rows[0]["a"] != 7.0:
        return ["the check does not import it"] * len(rows)
    import six
    packages = sysconfig.get_path("purelib")
    assert "six.py" in os.listdir(packages)
    return [os.path.relpath(six.__file__, packages)] * len(rows)
"""
THREAD = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
"""A model with threads is not forked."""


OTHERS = ["/tmp", "/var/tmp", "/usr/local/share", "/srv", "long"]


@pytest.fixture(params=["link", *(pytest.param(place, marks=pytest.mark.long) for place in OTHERS)])
def folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder of mode 0700 in this place; `link`: one reached by a link, `long`: one whose path is."""
    place = Path(request.param if request.param.startswith("/") else "/tmp")
    top = Path(tempfile.mkdtemp(prefix="places-", dir=place))
    folder = top
    if request.param == "link":
        (top / "real").mkdir()
        folder = top / "link"
        folder.symlink_to("real")
    elif request.param == "long":
        folder = top / ("d" * 100) / ("e" * 100)
    yield folder
    shutil.rmtree(top)


@pytest.mark.long
def test_a_module_that_is_first_imported_for_a_request_is_there(folder: Path, tmp_path: Path) -> None:
    with running_platform(folder / "home", gateways="1", sandbox="require") as platform:
        for name, code, started_by in (("forked", "", "fork"), ("spawned", THREAD, "spawn")):
            model = write_model(tmp_path / name, name=name, code=LATE % code, requirements=("six",))
            platform.cli("deploy", str(model))
            assert platform.predict(name, [{"a": 7.0, "b": 2.0}]) == ["six.py"]
            replicas = platform.http.get("/api/v1/machine").json()["replicas"]
            (replica,) = [each for each in replicas if each["model"] == name]
            assert (replica["started_by"], replica["sandboxed"]) == (started_by, True), replica["spawned_because"]
