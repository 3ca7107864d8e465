"""Training environments: real frameworks in environments of their own, as the people who train models have them."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

REPOSITORY = Path(__file__).resolve().parents[2]
BUILT = REPOSITORY / "build" / "training"


def training_python(*requirements: str) -> Path:
    """The interpreter of an environment with these requirements and this checkout's unshelf; built once and kept."""
    name = hashlib.sha256(repr((requirements, sys.version)).encode()).hexdigest()[:16]
    folder = BUILT / name
    python = folder / "bin" / "python"
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".complete").exists():
            uv = find_uv_bin()
            environment = {"UV_FIND_LINKS": os.environ.get("PIP_FIND_LINKS", ""), **os.environ}
            subprocess.run(
                [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True, env=environment
            )
            subprocess.run(
                [uv, "pip", "install", "--quiet", "--python", str(python), "--editable", str(REPOSITORY), *requirements],
                check=True, env=environment,
            )  # fmt: skip
            (folder / ".complete").touch()
    return python


def run_training(python: Path, script: Path, *arguments: str, environment: dict[str, str]) -> str:
    """Run a training script there; what it printed. A failure fails the test and shows what it said."""
    # Bytecode makes the second start of a large framework several times faster; this machine's own wish not to have it is for its sources.
    environment = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [str(python), str(script), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, f"{script.name} failed\n{done.stdout}\n{done.stderr}"
    return done.stdout


def copy_tracked_files(folder: str, target: Path) -> None:
    """A folder of the repository as a clone has it, without what earlier runs left there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", folder], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        path = target / Path(name).relative_to(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPOSITORY / name, path)
