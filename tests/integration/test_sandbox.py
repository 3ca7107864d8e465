"""The sandbox on a whole platform: a hostile model, its check, and the build of a hostile package reach nothing of ours."""

import io
import json
import os
import shutil
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until
from tests.support.wheels import write_wheel

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="a sandbox takes root")

PROBE = '''
import glob, json, os, socket, subprocess, sys


def attempt(what):
    try:
        return str(what())
    except (OSError, subprocess.CalledProcessError) as error:
        return f"refused: {type(error).__name__}"


def connect(path):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)


def write(path):
    with open(path, "w") as file:
        file.write("was here")


def signal(pid):
    os.kill(pid, 0)


def look_around(home, victims):
    """What can be had of the platform; everything should be refused."""
    found = {name: attempt(lambda path=path: open(os.path.join(home, path), "rb").read()) for name, path in {
        "token": "admin-token", "database": "unshelf.db", "routing": "run/routing/index.json", "lock": "run/lock",
    }.items()}
    found["home"] = attempt(lambda: [name for name in os.listdir(home) if name != "environments"] or refuse())
    found["into the home"] = attempt(lambda: write(os.path.join(home, "x")))
    for folder in ("bundles", "blobs", "predictions", "manifests", "logs", "run"):
        found[folder] = attempt(lambda: os.listdir(os.path.join(home, folder)))
    for name in ("control.sock", "host.sock", "door-0.sock"):
        found[name] = attempt(lambda: connect(os.path.join(home, "run", name)))
    for pid in victims:
        found[f"environ of {pid}"] = attempt(lambda: open(f"/proc/{pid}/environ", "rb").read())
        found[f"root of {pid}"] = attempt(lambda: os.listdir(f"/proc/{pid}/root/root"))
        found[f"signal to {pid}"] = attempt(lambda: signal(pid))
    found["keeper's memory"] = attempt(lambda: open("/proc/1/mem", "rb").read(1))
    found["keeper's environ"] = attempt(lambda: open("/proc/1/environ", "rb").read())
    found["into the environment"] = attempt(lambda: write(os.path.join(sys.prefix, "evil.pth")))
    found["into the packages"] = attempt(lambda: write(os.path.join(sys.prefix, "lib", "evil.py")))
    found["into the interpreter"] = attempt(lambda: write(os.path.join(sys.base_prefix, "lib", "evil.py")))
    found["environments of others"] = attempt(lambda: [
        name for name in os.listdir(os.path.join(home, "environments")) if name not in sys.prefix and name not in MADE
    ] and "seen" or refuse())
    found["shadow"] = attempt(lambda: open("/etc/shadow").read())
    found["root again"] = attempt(lambda: os.setuid(0))
    found["chown"] = attempt(lambda: os.chown("/tmp", 0, 0))
    return {name: what for name, what in found.items() if not what.startswith("refused: ")}


MADE = ()


def refuse():
    raise PermissionError


def facts():
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return {
        "user": os.getuid(), "capabilities": int(status["CapEff"], 16) + int(status["CapPrm"], 16),
        "no_new_privileges": int(status["NoNewPrivs"]), "groups": os.getgroups(), "prefix": sys.prefix, "base": sys.base_prefix,
        "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
    }
'''
MODEL = """
import json, os, sys, tempfile
sys.path.insert(0, os.path.dirname(__file__))
import probe

HOME, VICTIMS = %r, %r
probe.MADE = ()
AT_LOAD = probe.look_around(HOME, VICTIMS)
FACTS = probe.facts()


def predict(rows):
    here = os.path.dirname(os.path.abspath(__file__))
    found = {**AT_LOAD, **probe.look_around(HOME, VICTIMS)}
    for name in ("own bundle", "into its bundle"):
        wrote = probe.attempt(lambda: probe.write(os.path.join(here, "predict.py" if name == "own bundle" else "new.py")))
        if not wrote.startswith("refused"):
            found[name] = wrote
    with tempfile.NamedTemporaryFile() as file, open("/dev/shm/own", "w") as shared, open(os.path.expanduser("~/own"), "w") as own:
        file.write(b"x"), shared.write("x"), own.write("x")
    if found and rows[0]["a"] != 7.0:
        raise RuntimeError(f"the check got {json.dumps(found)}")
    if rows[0]["a"] != 7.0:
        return ["nothing"] * len(rows)
    return [json.dumps({"found": found, "facts": {**FACTS, **probe.facts()}, "here": here, "home": os.environ["HOME"]})] * len(rows)
"""


THREAD = """
import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
"""
"""A model with threads is not forked."""


def hostile(folder: Path, platform: Platform, *, name: str, code: str = "", **options: Any) -> Path:
    victims = [
        platform.process.pid,
        *(process.pid for role in ("control", "gateway", "host") for process in platform.processes(role)),
    ]
    model = write_model(folder, name=name, code=code + MODEL % (str(platform.home), victims), **options)
    (model / "probe.py").write_text(PROBE)
    return model


def told(platform: Platform, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(platform.predict(name, [{"a": 7.0, "b": 2.0}])[0])
    return answer


def replica(platform: Platform, name: str) -> dict[str, Any]:
    machine = platform.http.get("/api/v1/machine").json()
    return next(each for each in machine["replicas"] if each["model"] == name)


def test_a_hostile_model_and_its_check_reach_nothing_of_the_platform(
    start_platform: Callable[..., Platform], tmp_path: Path
) -> None:
    """Given models that look around when loaded and when asked, then check, forked and spawned worker alike find nothing, run as
    users of their own, and see no process but theirs."""
    platform = start_platform(gateways="1", sandbox="require")
    for name, code in (("forked", ""), ("second", ""), ("spawned", THREAD)):
        platform.cli("deploy", str(hostile(tmp_path / name, platform, name=name, code=code)))
    first, second = told(platform, "forked"), told(platform, "second")
    for answer in (first, second, told(platform, "spawned")):
        assert answer["found"] == {}
        assert answer["facts"]["capabilities"] == 0
        assert answer["facts"]["no_new_privileges"] == 1
        assert answer["facts"]["user"] >= 64_000
        assert len(answer["facts"]["processes"]) <= 2
        assert Path(answer["facts"]["prefix"]).is_relative_to(platform.home / "environments")
        assert (answer["here"], answer["home"]) == ("/run/unshelf/bundle", "/tmp")
    facts = replica(platform, "forked")
    assert facts["sandboxed"]
    assert facts["started_by"] == "fork", facts["spawned_because"]
    assert replica(platform, "spawned")["started_by"] == "spawn"
    assert replica(platform, "spawned")["sandboxed"]
    process = psutil.Process(facts["pid"])
    assert process.uids().real == first["facts"]["user"], "the platform's pid of it is the machine's"
    assert "in a sandbox" in platform.cli("show", "forked").stdout
    assert platform.http.get("/api/v1/machine").json()["machine"]["sandboxed"]


@pytest.mark.long
def test_home_and_interpreter_may_lie_where_only_root_may_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given home and interpreter below a folder of mode 0700, then a worker has the environment's prefix and its packages.

    They come from a folder: an interpreter that was copied from one with its libraries elsewhere finds these inside no sandbox."""
    write_wheel(tmp_path / "links", "tiny")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "links"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    python = closed / "python"
    shutil.copytree(
        sys.base_prefix, python, symlinks=True, ignore=shutil.ignore_patterns("site-packages", "test", "__pycache__")
    )
    environment = closed / "venv"
    base = python / "bin" / f"python3.{sys.version_info.minor}"
    shutil.copytree(sys.prefix, environment, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", "bin"))
    (environment / "bin").mkdir()
    (environment / "bin" / "python").symlink_to(base)
    (environment / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
    shutil.copy(Path(sys.prefix, "bin", "uv"), environment / "bin" / "uv")
    program = [str(environment / "bin" / "python"), "-c", "from unshelf.cli.main import main; main()"]
    with running_platform(closed / "home", program=program, gateways="1", sandbox="require") as platform:
        platform.cli("deploy", str(hostile(tmp_path / "model", platform, name="deep", requirements=("tiny",))))
        answer = told(platform, "deep")
        assert answer["found"] == {}
        assert Path(answer["facts"]["prefix"]).is_relative_to(closed / "home" / "environments")
        assert answer["facts"]["base"] == str(python)


BACKEND = """
import json, os, sys, zipfile
sys.path.insert(0, os.getcwd())
import probe


def build_wheel(folder, settings=None, metadata=None):
    found = probe.look_around({home!r}, {victims!r})
    found = {{name: what for name, what in found.items() if "environment" not in name and name != "into the packages"}}
    report = json.dumps({{"found": found, "facts": probe.facts()}})
    name = "unshelf_nosy-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("unshelf_nosy.py", "REPORT = " + repr(report) + chr(10))
        wheel.writestr("unshelf_nosy-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: unshelf-nosy\\nVersion: 1.0\\n")
        wheel.writestr("unshelf_nosy-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        members = ("unshelf_nosy.py", "unshelf_nosy-1.0.dist-info/METADATA", "unshelf_nosy-1.0.dist-info/WHEEL")
        record = "unshelf_nosy-1.0.dist-info/RECORD"
        wheel.writestr(record, "".join(member + ",,\\n" for member in (*members, record)))
    return name
"""
PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def source_distribution(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / "unshelf_nosy-1.0.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"unshelf_nosy-1.0/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))


@pytest.fixture
def links(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "links"
    folder.mkdir()
    yield folder


@pytest.mark.long
def test_the_build_of_a_hostile_package_reaches_nothing_of_the_platform(
    start_platform: Callable[..., Platform], tmp_path: Path, links: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a package that looks around while it is built, then it finds nothing, and what it made is root's and only read."""
    home = tmp_path / "home1"
    source_distribution(
        links,
        {
            "PKG-INFO": "Metadata-Version: 2.1\nName: unshelf-nosy\nVersion: 1.0\n", "pyproject.toml": PROJECT, "probe.py": PROBE,
            "backend.py": BACKEND.format(home=str(home), victims=[os.getpid()]),
        },
    )  # fmt: skip
    monkeypatch.setenv("UV_FIND_LINKS", str(links))
    platform = start_platform(gateways="1", sandbox="require")
    assert platform.home == home
    code = "import unshelf_nosy\n\ndef predict(rows):\n    return [unshelf_nosy.REPORT] * len(rows)\n"

    platform.cli("deploy", str(write_model(tmp_path / "model", name="nosy", code=code, requirements=("unshelf-nosy",))))

    report = json.loads(platform.predict("nosy", [{"a": 1.0, "b": 2.0}])[0])
    assert report["found"] == {}
    assert report["facts"]["user"] >= 64_000
    assert report["facts"]["capabilities"] == 0
    made = [path for path in (platform.home / "environments").rglob("*") if not path.is_symlink()]
    assert {path.stat().st_uid for path in made} == {0}
    assert not [path for path in made if path.stat().st_mode & 0o022]


SPAWNER = """
import subprocess, sys

def predict(rows):
    if rows[0]["a"] == 7:
        quiet = subprocess.DEVNULL
        subprocess.Popen([sys.executable, "-c", "import time; LEFT_BEHIND = 1; time.sleep(300)"], start_new_session=True,
                         stdin=quiet, stdout=quiet, stderr=quiet)
    return [0.0] * len(rows)
"""


@pytest.mark.long
def test_what_a_model_started_ends_with_it(start_platform: Callable[..., Platform], tmp_path: Path) -> None:
    platform = start_platform(gateways="1", sandbox="require")
    platform.cli("deploy", str(write_model(tmp_path / "spawner", name="spawner", code=SPAWNER)))

    def left() -> list[psutil.Process]:
        return [
            each
            for each in psutil.process_iter(["cmdline"])
            if "LEFT_BEHIND" in (each.info["cmdline"] or ["", "", ""])[-1] and (each.info["cmdline"] or [""])[1] == "-c"
        ]

    platform.predict("spawner", [{"a": 7.0, "b": 1.0}])
    assert wait_until(left)
    platform.cli("pause", "spawner")
    wait_until(lambda: not left())


@pytest.mark.long
def test_without_a_sandbox_everybody_is_told(start_platform: Callable[..., Platform], tmp_path: Path) -> None:
    platform = start_platform(gateways="1", sandbox="off")
    platform.cli("deploy", str(write_model(tmp_path / "model", name="bare")))
    platform.predict("bare", [{"a": 1.0, "b": 1.0}])
    machine = platform.http.get("/api/v1/machine").json()["machine"]
    assert not machine["sandboxed"]
    (check,) = [check for check in machine["checks"] if check["name"] == "sandbox"]
    assert (check["state"], "they can read its files" in check["detail"]) == ("warn", True)
    assert "no sandbox: it can read the platform's files" in platform.cli("show", "bare").stdout
