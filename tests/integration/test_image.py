"""The image of the recipe: read-only root, unprivileged user, its own CPU quota and memory; probes, deploy, predictions, drain.

The base is made by debootstrap and the wheels are kept ones, so no registry of images is asked. An own dockerd runs them."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.models import write_model
from tests.support.platform import UNSHELF
from tests.support.waiting import wait_until

PROGRAMS = ("dockerd", "docker", "debootstrap")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.getuid() != 0, reason="an own dockerd takes root"),
    pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason="apt-get install docker.io debootstrap"),
]
CHECKOUT = Path(__file__).parents[2]
ROWS = [{"a": 1.0, "b": 2.0}]


@dataclass
class Engine:
    """A dockerd of the test's own."""

    folder: Path
    containers: list[str] = field(default_factory=list)

    def docker(self, *arguments: str, check: bool = True, **more: Any) -> str:
        command = ["docker", "--host", f"unix://{self.folder}/docker.sock", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900, **more)
        assert not check or done.returncode == 0, f"{arguments}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout.strip()

    def inspect(self, container: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.docker("inspect", container))[0]
        return found


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("docker")
    command = [
        "dockerd", "--default-ulimit", "nofile=20000:20000", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec",
        "--pidfile", f"{folder}/pid", "--host", f"unix://{folder}/docker.sock", "--bridge", "none", "--iptables=false",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        made = Engine(folder)
        try:
            wait_until(lambda: made.docker("version", check=False) or process.poll() is not None, what="dockerd is up")
            assert process.poll() is None, (folder / "log").read_text()[-3000:]
            yield made
        finally:
            for container in made.containers:
                made.docker("rm", "--force", container, check=False)
            process.terminate()
            process.wait(60)
            # It leaves the network of its containers mounted, and what is mounted can't be removed with the folder.
            subprocess.run(["umount", str(folder / "exec" / "netns" / "default")], capture_output=True, check=False)


@pytest.fixture(scope="module")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image, built as the guide says: from a base and kept wheels, without a network."""
    context = tmp_path_factory.mktemp("context")
    base = context / "base"
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", "--include=python3,python3-venv", debian(), str(base), *mirror()],
        capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    subprocess.run(["tar", "-C", str(base), "-cf", str(context / "base.tar"), "."], check=True)
    engine.docker("import", str(context / "base.tar"), "unshelf-base")
    shutil.rmtree(base)
    shutil.copy(CHECKOUT / "Dockerfile", context)
    keep_wheels(context / "wheels")
    engine.docker("build", "--network", "none", "--build-arg", "BASE=unshelf-base", "-t", "unshelf", str(context))
    return "unshelf"


def debian() -> str:
    lines = Path("/etc/os-release").read_text().splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith("VERSION_CODENAME="))


def mirror() -> list[str]:
    """The mirror that this machine takes packages from; none: debootstrap's own."""
    command = ["apt-get", "indextargets", "--format", "$(SITE) $(CODENAME) $(ORIGIN)"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line.split() for line in done.stdout.splitlines()]
    return [words[0] for words in lines if words[1:] == [debian(), "Debian"]][:1]


def keep_wheels(folder: Path) -> None:
    """Keep the wheels of this checkout, and of all that it needs."""
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([*pip, "wheel", "-q", "--no-deps", "-w", str(folder), str(CHECKOUT)], check=True)
    (wheel,) = folder.glob("unshelf-*.whl")
    subprocess.run(
        [*pip, "download", "-q", "--only-binary", ":all:", "-c", str(CHECKOUT / "constraints.txt"), "-d", str(folder), f"{wheel}[server]"],
        check=True,
    )  # fmt: skip


def test_the_image_serves_with_a_read_only_root_and_drains(engine: Engine, image: str, tmp_path: Path) -> None:
    # Given a container with a read-only root, no capabilities, half a core less than two, and a little memory,
    container = engine.docker(
        "run", "--detach", "--network", "host", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL",
        "--security-opt", "no-new-privileges", "--cpus", "1.5", "--memory", "1g", image,
        "up", "--host", "127.0.0.1", "--port", "0",
    )  # fmt: skip
    engine.containers.append(container)
    said = wait_until(lambda: ready(engine, container), what="the platform in the container is ready")
    token = engine.docker("exec", container, "cat", "/var/lib/unshelf/admin-token")
    with httpx.Client(base_url=said, headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
        # when a model is deployed and asked,
        assert http.get("/healthz").status_code == 200 and http.get("/readyz").status_code == 200
        environment = {**os.environ, "UNSHELF_URL": said, "UNSHELF_TOKEN": token}
        model = write_model(tmp_path / "adder", name="adder")
        done = subprocess.run(
            [*UNSHELF, "deploy", str(model)], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        answer = http.post("/models/adder/predict", json={"inputs": ROWS})
        assert (answer.status_code, answer.json()["outputs"]) == (200, [3.0])
        # then the quota is seen, everything runs as the user of the image, and nothing dead is left under process 1.
        checks = {each["name"]: each["detail"] for each in http.get("/api/v1/machine").json()["machine"]["checks"]}
        assert "the time of 1.5" in checks["cores"]
        lines = engine.docker("top", container, "-eo", "pid,uid,stat").splitlines()[1:]
        assert {line.split()[1] for line in lines} == {"10001"}
        assert not [line for line in lines if line.split()[2].startswith("Z")]
        # It stops as it should: what comes then is refused, and process 1 ends with status 0.
        started = time.monotonic()
        engine.docker("stop", "--time", "60", container)
        state = engine.inspect(container)["State"]
        assert (state["ExitCode"], state["OOMKilled"]) == (0, False), f"after {time.monotonic() - started:.0f} s"
    assert engine.docker("diff", container) == "", "nothing of the image was written"


def ready(engine: Engine, container: str) -> str:
    assert engine.inspect(container)["State"]["Running"], engine.docker("logs", container, check=False)
    lines = engine.docker("logs", container).splitlines()
    return next((line.split()[1] for line in lines if line.startswith("ready ")), "")
