"""Jobs on a whole platform, as people run them: output as it comes, the own status of each script, and what outlives what."""

import importlib
import json
import os
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.hostile import REFUSED, TRICKS
from tests.support.platform import UNSHELF, Platform, running_platform
from tests.support.waiting import wait_until

HELLO = """
import json, os, sys
parameters = json.load(open(os.environ["UNSHELF_PARAMETERS"]))
print("hello", sys.argv[1], parameters["rate"], open(os.environ["UNSHELF_DATA_ORDERS"]).read().strip())
open(os.environ["UNSHELF_OUTPUTS"] + "/model.txt", "w").write("weights")
json.dump({"auc": 0.9}, open(os.environ["UNSHELF_RESULTS"], "w"))
sys.exit(int(sys.argv[2]))
"""
WAIT = """
import os, time
print("up", flush=True)
while not os.path.exists(os.environ["UNSHELF_CHECKPOINT"] + "/go"):
    time.sleep(0.02)
print("ran attempt", os.environ["UNSHELF_ATTEMPT"])
"""
"""A program that ends when the test lets it."""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running_platform(
        tmp_path_factory.mktemp("jobs") / "home", gateways="1", egress_allow="127.0.0.0/8"
    ) as running:
        yield running


def script(folder: Path, code: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "job.py"
    path.write_text(code)
    return path


def begin(platform: Platform, path: Path, *options: str) -> str:
    return platform.cli("run", str(path), "--detach", *options).stdout.strip()


def show(platform: Platform, job: str) -> dict[str, Any]:
    return dict(platform.http.get(f"/api/v1/jobs/{job}").json())


def ended(platform: Platform, job: str) -> dict[str, Any]:
    return wait_until(lambda: (found := show(platform, job))["ended_at"] and found, what=f"job {job} ends")


def let_go(platform: Platform, job: str) -> None:
    (platform.home / "jobs" / job / "checkpoint" / "go").touch()


def wait_for_output(platform: Platform, job: str) -> None:
    wait_until(lambda: "up" in platform.http.get(f"/api/v1/jobs/{job}/output").text, what="the program is up")


def test_a_script_runs_with_its_data_and_parameters_and_ends_the_command_as_it_ended(
    platform: Platform, tmp_path: Path
) -> None:
    (tmp_path / "orders.csv").write_text("a,b\n1,2\n")
    platform.cli("data", "add", "orders", str(tmp_path / "orders.csv"))
    path = script(tmp_path / "code", HELLO)
    options = ["--data", "data://orders", "--param", "rate=0.1", "--name", "greeting"]
    done = platform.cli("run", str(path), *options, "--", "world", "3", check=False)
    assert done.returncode == 3, done.stderr
    assert done.stdout == "hello world 0.1 a,b\n1,2\n"
    assert "preparing" in done.stderr
    assert "running" in done.stderr

    job = json.loads(platform.cli("jobs", "list", "--json").stdout)["jobs"][0]
    assert (job["name"], job["state"], job["reason"]) == ("greeting", "failed", "Its program ended with exit status 3.")
    shown = platform.cli("jobs", "show", job["id"]).stdout
    for word in ("data://orders@1", '"auc": 0.9', '"rate": 0.1', "exited"):
        assert word in shown
    assert "hello world" in platform.cli("jobs", "logs", job["id"]).stdout
    platform.cli("jobs", "download", job["id"], "--to", str(tmp_path / "left"))
    assert (tmp_path / "left" / "model.txt").read_text() == "weights"

    copy = json.loads(platform.cli("jobs", "clone", job["id"], "--param", "rate=0.2", "--json").stdout)["id"]
    found = ended(platform, copy)
    assert (found["parent"], found["parameters"], found["results"]) == (job["id"], {"rate": 0.2}, {"auc": 0.9})


FUNCTIONS = """
import unshelf
from pathlib import Path

@unshelf.job(name="weigh")
def weigh(parts, scale: float = 1.0):
    target = Path("/tmp/weights.txt")
    target.write_text(" ".join(str(part * scale) for part in parts))
    print("weighed", len(parts))
    return {"file": target, "count": len(parts)}

@unshelf.job
def read(weights, extra: Path):
    return [weights["file"].read_text(), weights["count"], extra.read_text()]
"""


def test_functions_run_as_jobs_with_files_and_with_the_values_of_one_another(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UNSHELF_URL", "UNSHELF_TOKEN"):
        monkeypatch.setenv(name, platform.environment()[name])
    script(tmp_path / "code", FUNCTIONS).rename(tmp_path / "code" / "a_weighing.py")
    monkeypatch.syspath_prepend(tmp_path / "code")
    functions = importlib.import_module("a_weighing")
    (tmp_path / "extra.txt").write_text("more")
    first = functions.weigh.submit([1, 2], scale=2.0)
    assert functions.read.run(first, extra=tmp_path / "extra.txt") == ["2.0 4.0", 2, "more"]
    assert first.value()["file"].read_text() == "2.0 4.0"
    assert "weighed 2" in first.output()

    done = platform.cli("run", f"{tmp_path}/code/a_weighing.py:weigh", "--param", "parts=[3]")
    assert done.stdout == "weighed 1\n"
    found = json.loads(platform.cli("jobs", "list", "--json").stdout)["jobs"][0]
    reader = script(tmp_path / "reader", "import os; print(open(os.environ['UNSHELF_DATA_WEIGHTS']).read())")
    path = f"WEIGHTS=job://{found['id']}/value/1/weights.txt"
    assert platform.cli("run", str(reader), "--input", path).stdout == "3.0\n"


def test_jobs_wait_for_one_another_and_copies_have_numbers(platform: Platform, tmp_path: Path) -> None:
    path = script(tmp_path, "import os; print(os.environ.get('UNSHELF_ARRAY_INDEX'))")
    copies = begin(platform, path, "--copies", "3").split()
    last = begin(platform, path, "--after", copies[0], "--after", copies[2])
    assert ended(platform, last)["state"] == "succeeded"
    printed = [platform.http.get(f"/api/v1/jobs/{job}/output").text.strip() for job in copies if ended(platform, job)]
    assert printed == ["0", "1", "2"]


def test_a_job_that_is_cancelled_leaves_nothing_running(platform: Platform, tmp_path: Path) -> None:
    job = begin(platform, script(tmp_path, WAIT))
    wait_for_output(platform, job)
    runner = json.loads((platform.home / "jobs" / job / "1" / "started.json").read_text())["pid"]
    below = psutil.Process(runner).children(recursive=True)
    assert below
    platform.cli("jobs", "cancel", job)
    assert ended(platform, job)["state"] == "cancelled"
    wait_until(lambda: not any(each.is_running() for each in below), what="all of it is gone")
    wait_until(lambda: not (platform.home / "jobs" / job).exists(), what="its folder is gone")


@pytest.mark.parametrize("victim", [pytest.param("host", marks=pytest.mark.long), "control"])
def test_a_process_of_the_platform_that_is_killed_costs_no_job(platform: Platform, tmp_path: Path, victim: str) -> None:
    running, waiting = (begin(platform, script(tmp_path, WAIT), "--tier", "large") for _ in range(2))
    wait_for_output(platform, running)
    platform.kill(victim)
    let_go(platform, running)
    wait_until(lambda: platform.http.get("/api/v1/status").is_success, what="control is back")
    assert ended(platform, running)["state"] == "succeeded"
    wait_for_output(platform, waiting)
    let_go(platform, waiting)
    assert ended(platform, waiting)["state"] == "succeeded"
    for job in (running, waiting):
        assert platform.http.get(f"/api/v1/jobs/{job}/output").text == "up\nran attempt 1\n"
        assert len(show(platform, job)["runs"]) == 1


@pytest.mark.skipif(os.getuid() != 0, reason="a sandbox takes root")
def test_a_hostile_program_reaches_nothing_of_the_platform(platform: Platform, tmp_path: Path) -> None:
    victim = begin(platform, script(tmp_path / "victim", WAIT))
    wait_for_output(platform, victim)
    pid = json.loads((platform.home / "jobs" / victim / "1" / "started.json").read_text())["pid"]
    port = int(platform.url.rpartition(":")[2])
    code = TRICKS % ("", str(platform.home), pid, port, platform.process.pid)
    others = f"""
for name in {sorted(REFUSED)!r} + ["list other jobs", "read another job", "list code of others"]:
    TRICKS["list other jobs"] = list_home("jobs")
    TRICKS["read another job"] = read_home("jobs/{victim}/1/output.log")
    TRICKS["list code of others"] = list_home("job-files")
    outcome = outcome_of(name)
    if not outcome.startswith("refused:"):
        print("REACHED", name, outcome[:100])
print("tried")
"""
    job = begin(platform, script(tmp_path / "hostile", code + others))
    found = ended(platform, job)
    said = platform.http.get(f"/api/v1/jobs/{job}/output").text
    let_go(platform, victim)
    assert ended(platform, victim)["state"] == "succeeded"
    assert said.splitlines()[-1:] == ["tried"], (found["reason"], said)
    assert "REACHED" not in said


@pytest.mark.long
@pytest.mark.skipif(os.getuid() != 0, reason="a sandbox takes root")
def test_memory_processes_and_disk_hurt_their_own_job_alone(platform: Platform, tmp_path: Path) -> None:
    memory = begin(platform, script(tmp_path / "m", "held = [bytearray(b'x' * (1 << 26)) for _ in range(64)]"))
    forks = begin(
        platform, script(tmp_path / "f", "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        break"),
        "--time-limit", "5s",
    )  # fmt: skip
    temporary = begin(
        platform, script(tmp_path / "t", "with open('/tmp/x', 'wb') as f:\n    [f.write(bytes(1 << 20)) for _ in range(4096)]")
    )  # fmt: skip
    assert [ended(platform, job)["state"] for job in (memory, temporary)] == ["failed", "failed"]
    assert ended(platform, forks)["state"] in ("succeeded", "failed", "timed_out")
    after = begin(platform, script(tmp_path / "after", "print('all is well')"))
    assert ended(platform, after)["state"] == "succeeded"


@pytest.mark.skipif(os.getuid() != 0, reason="a sandbox takes root")
def test_a_program_reaches_what_it_was_granted_and_nothing_else(platform: Platform, tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.2", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_port
        code = f"""
import socket, urllib.request
for host in ("127.0.0.2", "127.0.0.3"):
    try:
        with socket.create_connection((host, {port}), timeout=20) as connection:
            connection.sendall(b"x\\r\\n\\r\\n")
            print(host, bool(connection.recv(10)))
    except OSError as error:
        print(host, type(error).__name__)
try:
    urllib.request.urlopen("http://packages.example.org/", timeout=20)
except OSError as error:
    print(type(error).__name__)
"""
        job = begin(platform, script(tmp_path, code), "--network", f"127.0.0.2:{port}")
        found = ended(platform, job)
        server.shutdown()
    said = platform.http.get(f"/api/v1/jobs/{job}/output").text
    assert said == "127.0.0.2 True\n127.0.0.3 ConnectionRefusedError\nHTTPError\n"
    assert found["state"] == "succeeded"
    (refused,) = found["runs"][0]["refused"]
    assert (refused["place"], refused["count"]) == ("packages.example.org:80", 1)
    assert "packages.example.org:80" in platform.cli("jobs", "show", job).stdout


def test_a_failed_job_that_is_tried_again_finds_its_checkpoint(platform: Platform, tmp_path: Path) -> None:
    code = """
import os, pathlib, sys
state = pathlib.Path(os.environ["UNSHELF_CHECKPOINT"], "epoch")
done = int(state.read_text()) if state.exists() else 0
state.write_text(str(done + 1))
print("had done", done)
sys.exit(0 if done else 3)
"""
    job = begin(platform, script(tmp_path, code))
    assert ended(platform, job)["state"] == "failed"
    platform.cli("jobs", "retry", job)
    assert platform.cli("jobs", "attach", job).stdout.endswith("had done 1\n")
    wait_until(lambda: not (platform.home / "jobs" / job).exists(), what="the checkpoint of a job that succeeded goes")


def test_a_strangers_job_is_not_there(platform: Platform, tmp_path: Path) -> None:
    job = begin(platform, script(tmp_path, "print('mine')"))
    assert platform.http.post("/api/v1/projects", json={"name": "elsewhere"}).is_success
    stranger = platform.client(platform.key(name="stranger", role="contributor", project="elsewhere"))
    for path in ("", "/output", "/events", "/files?path=x"):
        assert stranger.get(f"/api/v1/jobs/{job}{path}").status_code == 404
    assert stranger.get("/api/v1/jobs").json()["jobs"] == []


def test_ctrl_c_cancels_the_job(platform: Platform, tmp_path: Path) -> None:
    path = script(tmp_path, WAIT)
    before = {job["id"] for job in platform.http.get("/api/v1/jobs").json()["jobs"]}
    command = psutil.Popen([*UNSHELF, "run", str(path)], env=platform.environment())
    new = wait_until(
        lambda: [job for job in platform.http.get("/api/v1/jobs").json()["jobs"] if job["id"] not in before]
    )[0]["id"]
    wait_for_output(platform, new)
    timer = threading.Timer(60, command.kill)
    timer.start()
    command.send_signal(signal.SIGINT)
    assert command.wait() == 1
    timer.cancel()
    assert ended(platform, new)["state"] == "cancelled"
