"""The program of an attempt: what it sees, what it may take, and the runner that keeps it."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unshelf.contracts.metering.usage import Consumer
from unshelf.contracts.protocols.jobs import AttemptOrder
from unshelf.host.egress.plan import EgressPlan
from unshelf.host.jobs.attempt_folder import AttemptFolder
from unshelf.host.jobs.leftovers import RESULTS
from unshelf.host.launch.process import worker_environment
from unshelf.host.launch.tiers import ResourceLimits
from unshelf.host.machine.gpus import gpu_devices
from unshelf.host.metering.consumers import consumers, current
from unshelf.host.network_settings import AUTHORITIES, PROXY_VARIABLES
from unshelf.host.packages.visible_paths import visible_paths
from unshelf.host.sandbox.files import give_to
from unshelf.host.sandbox.root import BUNDLE
from unshelf.host.sandbox.sandbox import Confined, Sandbox, own_interpreter
from unshelf.host.sandbox.walls import Network, Walls, interpreter_folders

_RUNNER = Path(__file__).parent / "runner"
RUNNERS = Consumer(kind="platform", name="runners of jobs")
NOTEBOOK = Path(__file__).parent / "notebook.py"
"""The program that runs notebooks."""
_NICE = 19
"""Where no control group holds them back, jobs give way to predictions."""
GRACE_SECONDS = 10.0
"""How long a program has from SIGTERM to its end."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Folders, limits and network that the host has made ready for a program."""

    home: Path
    python: Path
    code: Path
    inputs: Mapping[str, Path]
    """Variable → a file or a folder."""
    limits: ResourceLimits
    network: Network
    egress: EgressPlan | None = None
    channel: int = -1
    """The descriptor on which its network's listening sockets are sent to a relay."""


def confine(folder: AttemptFolder, sandbox: Sandbox, given: Surroundings) -> Confined:
    """Return a place for the program. Blocks: the checkpoint of earlier attempts becomes its user's. Raises HostFailure."""
    authorities = {name: value for name, value in os.environ.items() if name in AUTHORITIES}
    limits, egress = given.limits, given.egress
    walls = Walls(
        scratch=folder.scratch,
        temporary_bytes=limits.temporary_bytes,
        processes=limits.processes,
        network=given.network,
        hosts=egress.hosts if egress is not None else {},
        addresses=egress.addresses if egress is not None else (),
        listeners=egress.listeners if egress is not None else (),
        bundle=given.code,
        readable=(
            *interpreter_folders(given.python, given.home),
            folder.parameters,
            *given.inputs.values(),
            *visible_paths(authorities, given.home),
        ),
        lent=(NOTEBOOK,),
        writable=(folder.outputs, folder.checkpoint),
        devices=gpu_devices() if limits.gpus else (),
        groups=[group.file for group in limits.for_worker().groups],
        folder=Path(BUNDLE),
    )
    place = sandbox.confine(walls)
    if place.walled:
        give_to(place.user, folder.checkpoint)
    return place


def environment_of(order: AttemptOrder, folder: AttemptFolder, place: Confined, given: Surroundings) -> dict[str, str]:
    """Return the environment variables of the program; those that say where things are can't be chosen."""
    variables = worker_environment(
        os.environ, python=given.python, scratch=place.scratch, threads=given.limits.threads, gpus=given.limits.gpus
    )
    if place.walled and given.network == "none":
        variables = {name: value for name, value in variables.items() if name not in PROXY_VARIABLES}
        variables |= given.egress.variables() if given.egress is not None else {}
    own = {
        "UNSHELF_JOB": order.job,
        "UNSHELF_ATTEMPT": str(order.number),
        "UNSHELF_PROJECT": order.project,
        "UNSHELF_OUTPUTS": str(folder.outputs),
        "UNSHELF_RESULTS": str(folder.outputs / RESULTS),
        "UNSHELF_CHECKPOINT": str(folder.checkpoint),
        "UNSHELF_PARAMETERS": str(folder.parameters),
        **{name: str(path) for name, path in given.inputs.items()},
    }
    settings = {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1"}
    return variables | settings | order.variables | order.secrets | own


def start_runner(
    order: AttemptOrder, folder: AttemptFolder, place: Confined, given: Surroundings, lock: int
) -> subprocess.Popen[bytes]:
    """Start the runner, which has everything it needs when this returns. It is in a session of its own, and holds the lock. Raises
    OSError."""
    code = place.seen(given.code)
    program: list[str | Path] = [given.python, code / order.command[0], *order.command[1:]]
    if is_notebook(order):
        program.insert(1, NOTEBOOK)
    channel = given.channel if place.walled else -1
    passed = [channel] if channel >= 0 else []
    told = {
        "command": [os.fspath(part) for part in place.command(program, channel=channel)],
        "environment": place.environment(environment_of(order, folder, place, given)),
        "folder": str(given.code if not place.walled else folder.path),
        "walled": place.walled,
        "passed": passed,
        "nice": _NICE,
        "groups": _folders(given.limits),
        "seconds": order.seconds,
        "grace": GRACE_SECONDS,
        "output_bytes": order.output_bytes,
        "bounds": [[str(folder.outputs), order.disk_bytes], [str(folder.checkpoint), order.disk_bytes]],
    }
    return _spawn(told, folder.path, [lock, *passed])


def is_notebook(order: AttemptOrder) -> bool:
    """Whether what is run is a notebook."""
    return order.command[0].endswith(".ipynb")


def _spawn(told: Mapping[str, Any], folder: Path, descriptors: Sequence[int]) -> subprocess.Popen[bytes]:
    with (folder / "runner.log").open("ab") as log:
        process = subprocess.Popen(
            [own_interpreter(), "-I", "-S", _RUNNER], stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=folder,
            pass_fds=descriptors, env={"PATH": os.environ.get("PATH", os.defpath)}, start_new_session=True,
        )  # fmt: skip
    consumers.started(process.pid, own=RUNNERS, below=current())
    assert process.stdin is not None  # noqa: S101 - a pipe
    try:
        process.stdin.write(json.dumps(told).encode())
        process.stdin.close()
    except BrokenPipeError:  # it ended at once, which its end tells
        pass
    return process


def _folders(limits: ResourceLimits) -> list[str]:
    """The folders of the control groups that the program joins."""
    return list(dict.fromkeys(str(Path(group.file).parent) for group in limits.for_worker().groups))
