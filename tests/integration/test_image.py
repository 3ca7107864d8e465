"""The image of the recipe: read-only root, unprivileged user, its own CPU quota and memory; health, deploy, predictions, drain.

The base is made by debootstrap and the wheels are kept ones, so no registry of images is asked. An own dockerd runs them."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.support.engine import PROGRAMS, Engine, running_engine
from tests.support.models import write_model
from tests.support.platform import UNSHELF
from tests.support.processes import matching
from tests.support.steady_load import SteadyLoad
from tests.support.waiting import wait_until
from tests.support.wheels import keep_platform_wheels

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.getuid() != 0, reason="an own dockerd takes root"),
    pytest.mark.skipif(
        not all(map(shutil.which, (*PROGRAMS, "debootstrap"))), reason="apt-get install docker.io debootstrap"
    ),
]
CHECKOUT = Path(__file__).parents[2]
ROWS = {"inputs": [{"a": 1.0, "b": 2.0}]}
MIB = 1 << 20
PLATFORM_MIB = 512
"""What the platform takes beside its models, as docs/guides/operations.md says."""
BALLAST_MIB = 160
HEAVY = f"""
import time
BALLAST = bytes(range(1, 129)) * ({BALLAST_MIB} << 13)

def predict(rows):
    time.sleep(rows[0]["b"])
    return [row["a"] + BALLAST[-1] for row in rows]
"""
OF_LAST_BYTE = 128
CACHED_MIB = 96
KERNEL_MIB = 64
"""What the kernel keeps for the container's processes, and what changes between two looks at them: less than CACHED_MIB."""
SLOW_SECONDS = 3.0


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with running_engine(tmp_path_factory.mktemp("docker")) as engine:
        yield engine


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
    keep_platform_wheels(context / "wheels")
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


@dataclass
class Served:
    """The platform in a container."""

    engine: Engine
    container: str
    url: str

    @property
    def token(self) -> str:
        return self.inside("cat", "/var/lib/unshelf/admin-token")

    def key(self, **request: Any) -> str:
        with self.client() as http:
            answer = http.post("/api/v1/keys", json={"name": "test", "role": "predict", **request})
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=60)

    def inside(self, *command: str) -> str:
        return self.engine.docker("exec", self.container, *command)

    def deploy(self, folder: Path) -> None:
        environment = {**os.environ, "UNSHELF_URL": self.url, "UNSHELF_TOKEN": self.token}
        command = [*UNSHELF, "deploy", str(folder)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def processes(self) -> list[dict[str, str]]:
        columns = ("pid", "ppid", "uid", "rss", "stat", "args")
        lines = self.engine.docker("top", self.container, "-eo", ",".join(columns)).splitlines()[1:]
        return [dict(zip(columns, line.split(maxsplit=len(columns) - 1), strict=True)) for line in lines]

    def killed_for_memory(self) -> int:
        """The number of processes that the kernel killed as the container's memory was not enough."""
        return self.of_group("memory.events", "memory.oom_control")["oom_kill"]

    def of_group(self, *files: str) -> dict[str, int]:
        """The numbers in files of the container's control group, whichever version it has; of version 1 with the groups below."""
        paths = [f"/sys/fs/cgroup/{version}{name}" for name in files for version in ("", "memory/")]
        lines = self.inside("sh", "-c", f"cat {' '.join(paths)} 2>/dev/null || true").splitlines()
        return {name.removeprefix("total_"): int(value) for name, value in map(str.split, lines)}

    def own_mib(self, pid: int) -> int:
        """The memory of a process that is no file's, as the kernel counts it: what is read from files comes and goes with need."""
        resident, shared = self.inside("cat", f"/proc/{pid}/statm").split()[1:3]
        return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE") // MIB

    def stop(self) -> None:
        """Stop it as the guide says; process 1 ends with status 0."""
        self.engine.docker("stop", "--time", "60", self.container)
        state = self.engine.inspect(self.container)["State"]
        assert (state["ExitCode"], state["OOMKilled"]) == (0, False), self.engine.docker("logs", self.container)[-3000:]


def started(engine: Engine, image: str, *options: str) -> Served:
    """The platform in a container as the guide runs it, on the machine's network, as this engine has no other."""
    container = engine.run(
        "--network", "host", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL",
        "--security-opt", "no-new-privileges", *options, image, "up", "--host", "127.0.0.1", "--port", "0",
    )  # fmt: skip
    return Served(engine, container, ready(engine, container))


def ready(engine: Engine, container: str, *, starts: int = 1) -> str:
    """Wait until the platform said so many times that it is ready; the address that it said last."""

    def said() -> list[str]:
        assert engine.inspect(container)["State"]["Running"], engine.docker("logs", container, check=False)
        lines = engine.docker("logs", container).splitlines()
        return [line.split()[1] for line in lines if line.startswith("ready ")][starts - 1 :]

    return wait_until(said, seconds=120, what="the platform in the container is ready")[-1]


def test_the_image_serves_with_a_read_only_root(engine: Engine, image: str, tmp_path: Path) -> None:
    """Given a container with a read-only root, no capabilities and half a core less than two, when a model is deployed and asked, then
    the engine sees it healthy, the quota is seen, all runs as the user of the image, and process 1 leaves nothing dead behind."""
    served = started(engine, image, "--cpus", "1.5", "--memory", "1g")
    assert engine.inspect(served.container)["State"]["Health"]["Status"] in {"starting", "healthy"}
    with served.client() as http:
        assert http.get("/healthz").status_code == 200 and http.get("/readyz").status_code == 200
        served.deploy(write_model(tmp_path / "adder", name="adder"))
        answer = http.post("/models/adder/predict", json=ROWS)
        assert (answer.status_code, answer.json()["outputs"]) == (200, [3.0])
        checks = {each["name"]: each["detail"] for each in http.get("/api/v1/machine").json()["machine"]["checks"]}
    assert "the time of 1.5" in checks["cores"]
    assert {each["uid"] for each in served.processes()} == {"10001"}
    # An orphan becomes a child of process 1, which has to reap it.
    served.inside("sh", "-c", "sleep 1.25 > /dev/null 2>&1 & exit 0")
    assert [each for each in served.processes() if each["args"] == "sleep 1.25"], "it has outlived its parent"
    wait_until(
        lambda: not [each for each in served.processes() if "sleep" in each["args"]], what="the orphan has ended"
    )
    assert not [each for each in served.processes() if each["stat"].startswith("Z")]
    health = wait_until(
        lambda: (
            [engine.inspect(served.container)["State"]["Health"]["Status"]] != ["starting"]
            and engine.inspect(served.container)["State"]["Health"]
        ),
        what="the engine has asked how it is",
    )
    assert health["Status"] == "healthy", health
    served.stop()
    assert engine.docker("diff", served.container) == "", "nothing of the image was written"


def test_models_and_512_mb_more_are_enough_and_a_stop_answers_what_was_accepted(
    engine: Engine, image: str, tmp_path: Path
) -> None:
    """Given two heavy models in a container of 512 MB more than they take, when it is asked by many and stopped, then whatever was
    accepted is answered 200 and recorded, the rest is refused with Retry-After, and no process was killed for its memory."""
    limit = PLATFORM_MIB + 2 * (BALLAST_MIB + 8)
    served = started(engine, image, "--cpus", "2", "--memory", f"{limit}m", "--memory-swap", f"{limit}m")
    for name in ("first", "second"):
        example = [{"a": 1.0, "b": 0.01}, {"a": 0.5, "b": 0.02}]
        served.deploy(write_model(tmp_path / name, name=name, code=HEAVY, example=example))
    slow: list[httpx.Response] = []
    body = {"inputs": [{"a": 1.0, "b": SLOW_SECONDS}]}

    def ask_slowly() -> None:
        with served.client() as http:
            slow.append(http.post("/models/second/predict", json=body))

    quick = {"inputs": [{"a": 1.0, "b": 0.0}]}
    load = SteadyLoad(served, "first", quick, kept=4, fresh=2, until_stop=True)
    try:
        wait_until(lambda: len(load.answered) > 200 or load.failed or load.refused, what="the models answer")
        assert (load.failed, load.refused, served.killed_for_memory()) == ([], [], 0)
        with served.client() as http:
            workers = [served.own_mib(each["pid"]) for each in http.get("/api/v1/machine").json()["replicas"]]
            assert len(workers) == 2 and limit <= PLATFORM_MIB + sum(workers), f"it has no more than that: {workers}"
        asking = threading.Thread(target=ask_slowly)
        asking.start()
        with served.client() as http:
            wait_until(lambda: in_flight(http, "second"), what="the slow prediction has begun")
        served.stop()
        asking.join(60)
    finally:
        load.end()
    assert load.failed == []
    assert load.refused, "callers asked until the end"
    assert [answer.status_code for answer in slow] == [200], [answer.text for answer in slow]
    assert slow[0].json()["outputs"] == [1.0 + OF_LAST_BYTE]
    # Started again, the same container has all in its volume: what was done is what was answered, no more and no less.
    engine.docker("start", served.container)
    again = Served(engine, served.container, ready(engine, served.container, starts=2))
    with again.client() as http:
        for name, answered in (("first", load.answered), ("second", [slow[0].json()["id"]])):
            records = http.get(f"/api/v1/models/{name}/predictions", params={"tail": 100_000, "status": 200})
            assert sorted(json.loads(line)["id"] for line in records.text.splitlines()) == sorted(answered)
    assert again.killed_for_memory() == 0
    again.stop()


def test_files_that_were_read_take_no_memory_from_the_platform(engine: Engine, image: str) -> None:
    """Given a container, when files are written and read again in it, then its group is charged for them, and the platform's figure of
    the memory that is available doesn't fall by them, as the kernel drops them when it needs room."""
    limit = 1024
    served = started(engine, image, "--memory", f"{limit}m", "--memory-swap", f"{limit}m")
    file = "/var/lib/unshelf/read-often"
    write = f"dd if=/dev/zero of={file} bs=1M count={CACHED_MIB}; sync {file}"
    served.inside("sh", "-c", f"{write}; cat {' '.join([file] * 4)} > /dev/null")
    with served.client() as http:
        facts = http.get("/api/v1/machine").json()["machine"]
    of_group = served.of_group("memory.stat")
    assert of_group["active_file"] >= CACHED_MIB * MIB, "the kernel counts it as read often"
    held = of_group.get("anon", of_group.get("rss", 0)) + of_group.get("file_mapped", of_group.get("mapped_file", 0))
    assert facts["memory_bytes"] == limit * MIB
    assert abs(limit * MIB - held - facts["memory_free_bytes"]) < KERNEL_MIB * MIB, of_group
    served.stop()


def in_flight(http: httpx.Client, model: str) -> bool:
    """Whether a prediction of the model has begun and has not ended."""
    lines = http.get("/metrics").text.splitlines()
    return any("flight" in line and model in line and float(line.split()[-1]) > 0 for line in lines)


LEFT_BEHIND = """
import sys
from pathlib import Path
from tests.support.engine import running_engine
with running_engine(Path(sys.argv[1])):
    print("up", flush=True)
    sys.stdin.read()
"""


def test_a_killed_test_leaves_no_engine_behind(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Given a test with an engine, when it is killed, then the engine and all that it started end, and nothing stays mounted."""
    folder = tmp_path_factory.mktemp("left")  # short, as the names of the engine's sockets are
    command = [sys.executable, "-c", LEFT_BEHIND, str(folder)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None and killed.stdout.readline() == "up\n"
        started = psutil.Process(killed.pid).children(recursive=True)
        assert {"dockerd", "containerd"} <= {each.name() for each in started}
        killed.kill()
    wait_until(
        lambda: not matching(started, lambda each: each.is_running() and each.status() != psutil.STATUS_ZOMBIE),
        what="all that the engine was has ended",
    )
    assert str(folder) not in Path("/proc/self/mounts").read_text()
