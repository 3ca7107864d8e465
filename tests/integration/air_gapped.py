"""`python -m tests.integration.air_gapped STORY PLACE`: plays a story of the guide for networks without the internet, in such a network.

STORY is `mirror` or `kept wheels` (packages of models), or `platform` (the platform installed, run and upgraded by another user)."""

import contextlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.integration import unprivileged
from tests.support.models import write_model
from tests.support.platform import UNSHELF, Platform, running_platform
from tests.support.steady_load import SteadyLoad
from tests.support.waiting import wait_until
from tests.support.wheels import write_newer, write_wheel

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "air-gapped.md"
PORT = 8099
"""The mirror's, in the guide."""
INSTALLED = "/opt/unshelf"
"""Where the guide installs the platform."""
AS_ANOTHER = (sys.executable, unprivileged.__file__, "namespaces")
NEWER = "0.1.99"
ROW = {"a": 3.0, "b": 4.0}
CODE = "import numpy\n\ndef predict(rows):\n    return [float(numpy.hypot(row['a'], row['b'])) for row in rows]\n"


def models(place: Path, way: str) -> None:
    """A model with packages is deployed and answers; a package that is not there is named."""
    index = serving(place / "mirror") if way == "mirror" else contextlib.nullcontext()
    with index, running_platform(place / "home", gateways="1") as running:
        deploy_and_ask(running, UNSHELF, place)
        refuse_odd(running, UNSHELF, place)


def platform(place: Path) -> None:
    """The platform is installed from the mirror, deploys from it, finds what is added to it, and is upgraded from it while callers ask."""
    sort_wheels(place)
    into = place / "opt"
    program = [*AS_ANOTHER, str(into / "bin" / "unshelf")]
    with serving(place / "mirror"):
        run_guide("Packages of models", into)
        with running_platform(place / "home", program=program, gateways="1") as running:
            assert (place / "home").stat().st_uid == unprivileged.USER
            deploy_and_ask(running, program, place)
            odd = refuse_odd(running, program, place)
            write_wheel(place / "wheels", "tiny_odd_package")
            (wheel,) = (place / "wheels").glob("unshelf-*.whl")
            write_newer(wheel, NEWER, place / "wheels")
            sort_wheels(place)
            deployed(running, program, odd)
            load = SteadyLoad(running, "far", {"inputs": [ROW]})
            try:
                run_guide("A newer release", into, UNSHELF_HOME=str(place / "home"))
                assert running.http.get("/api/v1/status").json()["version"] == NEWER
                asked = len(load.answered)
                wait_until(lambda: len(load.answered) > asked + 30 or load.failed, what="the newer release answers")
            finally:
                load.end()
            assert load.failed == []
            deploy_and_ask(running, program, place)


def deploy_and_ask(running: Platform, program: list[str], place: Path) -> None:
    deployed(
        running, program, write_model(place / "far", name="far", code=CODE, example=[ROW], requirements=("numpy",))
    )
    assert running.predict("far", [ROW]) == [5.0]


def refuse_odd(running: Platform, program: list[str], place: Path) -> Path:
    """Deploy what needs a package that is not there; the folder of the model."""
    odd = write_model(place / "odd", name="odd", requirements=("tiny-odd-package",))
    refused = command(running, program, "deploy", str(odd))
    assert refused.returncode == 1 and "tiny-odd-package" in refused.stderr, refused.stderr
    return odd


def deployed(running: Platform, program: list[str], folder: Path) -> None:
    done = command(running, program, "deploy", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr


def command(running: Platform, program: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*program, *arguments], env=running.environment(), capture_output=True, text=True, check=False
    )


def sort_wheels(place: Path) -> None:
    """Sort the wheels of a folder into its mirror, by the guide's loop."""
    (lines,) = re.findall(r"^for wheel in .*?^done$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    subprocess.run(["bash", "-euc", lines], cwd=place, check=True)


def run_guide(heading: str, into: Path, **variables: str) -> None:
    """Run the commands of a section that are about the installed platform, as the other user, with `into` in place of its folder."""
    section = GUIDE.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [
        line[2:].partition("  #")[0] for line in section.splitlines() if line.startswith("$ ") and INSTALLED in line
    ]
    assert lines, f"the guide has no such lines under {heading}"
    python = f"{sys.base_exec_prefix}/bin"
    environment = {**os.environ, **variables, "PATH": f"{python}:{os.environ['PATH']}"}
    for line in lines:
        words = [*AS_ANOTHER, "/bin/sh", "-c", line.replace(INSTALLED, str(into))]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


@contextlib.contextmanager
def serving(mirror: Path) -> Iterator[None]:
    """Serve the mirror as the guide says."""
    line = [sys.executable, "-m", "http.server", "--directory", str(mirror), "--bind", "127.0.0.1", str(PORT)]
    with subprocess.Popen(line, stderr=subprocess.DEVNULL) as server:
        try:
            wait_until(lambda: is_reached("127.0.0.1", PORT), what="the mirror serves")
            yield
        finally:
            server.kill()


def is_reached(host: str, port: int) -> bool:
    """Whether something listens there."""
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    assert not is_reached("1.1.1.1", 443), "this machine has a network"
    if sys.argv[1] == "platform":
        platform(Path(sys.argv[2]))
    else:
        models(Path(sys.argv[2]), sys.argv[1])
