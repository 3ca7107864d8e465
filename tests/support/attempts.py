"""Attempts of jobs on a host without its process: real blobs, a real environment, the sandbox that this machine gives."""

import asyncio
import contextlib
import hashlib
import venv
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.home import Home
from unshelf.contracts.protocols.jobs import AttemptOrder, AttemptOutcome
from unshelf.contracts.tiers import TIERS
from unshelf.host.artifacts.environments import COMPLETE, EnvironmentStore
from unshelf.host.errors import HostFailure
from unshelf.host.jobs.attempts import AttemptKeeper
from unshelf.host.launch.network.relays import Relays
from unshelf.host.launch.tiers import Tiers
from unshelf.host.machine.gpus import Gpus
from unshelf.host.packages.uv import BuildLimits, Uv
from unshelf.host.sandbox.backends import open_sandbox
from unshelf.host.sandbox.sandbox import Sandbox
from unshelf.runtime.blobs.files import FileBlobs

JOB = "01hzy5m8r2k4q6s9t0v1w2x3y4"
ENVIRONMENT = "e" * 64


def open_home(folder: Path) -> Home:
    """Return a home folder with an environment that has Python and nothing else."""
    home = Home(folder)
    for each in (home.environments, home.jobs, home.job_files, home.run, home.cache):
        each.mkdir(parents=True)
    venv.create(home.environments / ENVIRONMENT, with_pip=False, symlinks=True)
    (home.environments / ENVIRONMENT / COMPLETE).write_text("{}")
    return home


class TestedKeeper:
    """A keeper of attempts, and what a test asks of it."""

    __test__ = False

    def __init__(self, home: Home, sandbox: Sandbox | None = None) -> None:
        self.home = home
        self.blobs = FileBlobs(home.blobs)
        sandbox = sandbox or open_sandbox("auto", "", home.folder)
        tiers = Tiers(TIERS, home.folder, Gpus([]))
        limits = BuildLimits(lock_seconds=60, build_seconds=60, memory_bytes=1 << 30, disk_bytes=1 << 30)
        uv = Uv(home.run, cache=home.cache / "uv", limits=limits, sandbox=sandbox, groups=tiers.groups)

        async def remake(name: str) -> None:
            raise HostFailure("unavailable", f"nobody makes {name[:12]} again")

        self.keeper = AttemptKeeper(
            home,
            self.blobs,
            EnvironmentStore(home, uv),
            tiers,
            sandbox,
            relays=Relays(home, sandbox, []),
            remake=remake,
        )
        self.keeper.adopt()

    def reap(self) -> None:
        """Reap the runners that this keeper started and left: a host that is gone is nobody's parent, this one is."""
        for running in self.keeper._known.values():
            if running.runner is not None and running.runner._child is not None:
                running.runner._child.wait()

    def put(self, path: str, content: str) -> BundleFile:
        """Store a file."""
        data = content.encode()
        digest = hashlib.sha256(data).hexdigest()
        self.blobs.put(digest, [data], limit=len(data))
        return BundleFile(path=path, sha256=digest, size=len(data))

    def order(self, code: str, *arguments: str, number: int = 1, **fields: Any) -> AttemptOrder:
        """Return the order of an attempt that runs this code as `job.py`."""
        usual: dict[str, Any] = {
            "job": JOB, "number": number, "project": "default", "tier": "small", "environment": ENVIRONMENT,
            "code": [self.put("job.py", code), *fields.pop("files", [])], "command": ["job.py", *arguments],
            "seconds": 60.0, "disk_bytes": 64 << 20, "output_bytes": 1 << 20,
        }  # fmt: skip
        return AttemptOrder(**usual | fields)

    async def run(self, order: AttemptOrder) -> AttemptOutcome:
        """Start an attempt and return its outcome."""
        await self.keeper.start(order)
        return await self.outcome(order.job, order.number)

    async def outcome(self, job: str = JOB, number: int = 1) -> AttemptOutcome:
        """Wait for the end of an attempt."""
        async with asyncio.timeout(60):
            async for changed in self.keeper.watch():
                for attempt in changed:
                    if (attempt.job, attempt.number) == (job, number) and attempt.outcome is not None:
                        return attempt.outcome
        raise AssertionError("the keeper ended")

    def output(self, outcome: AttemptOutcome) -> str:
        """What an attempt printed."""
        assert outcome.output is not None
        return self.blobs.read(outcome.output.sha256).decode()

    def files(self, outcome: AttemptOutcome) -> Mapping[str, bytes]:
        """The files that an attempt left."""
        return {file.path: self.blobs.read(file.sha256) for file in outcome.files}

    def results(self, outcome: AttemptOutcome) -> Any:
        """The results that an attempt left."""
        assert outcome.results is not None, outcome
        return msgspec.json.decode(outcome.results)


@contextlib.asynccontextmanager
async def running_keeper(home: Home, sandbox: Sandbox | None = None) -> AsyncIterator[TestedKeeper]:
    """A keeper that is stopped at the end, with all that runs."""
    tested = TestedKeeper(home, sandbox)
    try:
        yield tested
    finally:
        await tested.keeper.stop()
