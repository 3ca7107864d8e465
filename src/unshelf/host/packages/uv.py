"""uv as a subprocess: its commands, each in a folder of its own that is gone afterwards, within limits of time and memory, and in a
sandbox where packages may run code of theirs."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from uv import find_uv_bin

from unshelf.contracts.protocols.host import Step
from unshelf.contracts.tiers import memory_text
from unshelf.host.errors import HostFailure
from unshelf.host.packages.addresses import PYPI, places_in, proxied, real
from unshelf.host.packages.build_network import FULL_NETWORK, BuildNetwork, BuildNetworks, Place, WaysOut
from unshelf.host.packages.build_relay import install_relay
from unshelf.host.packages.credentials import secrets_in, without_credentials
from unshelf.host.packages.disk_bound import DiskBoundExceeded, disk_bound
from unshelf.host.packages.fetch_process import WantedFile
from unshelf.host.packages.index_access import SOURCES, IndexAccess, UvAccess, address_of
from unshelf.host.packages.uv_environment import uv_environment
from unshelf.host.packages.uv_errors import hint_for_refused, understand
from unshelf.host.packages.visible_paths import package_paths, visible_paths
from unshelf.host.program_output import MOST_SHOWN, cut_lines
from unshelf.host.sandbox.cgroups import NO_GROUP, CgroupManager, GroupLimits, WorkerCgroup
from unshelf.host.sandbox.files import give_to
from unshelf.host.sandbox.sandbox import NO_SANDBOX, Sandbox
from unshelf.host.sandbox.walls import Walls, interpreter_folders
from unshelf.host.subprocesses import CompletedProgram, ProgramLimits, run_program
from unshelf.host.temporary_folder import temporary_folder

PRIVATE = "build-"
"""How the name of a folder begins that is the home of one run of uv and of what it builds."""
_PRIVATE_FOLDERS = {"HOME": "home", "TMPDIR": "tmp", "PYTHONPATH": "python"}
_BAD_GATEWAY = "HTTP status server error (502 Bad Gateway)"
_BOUNDS = "constraints.txt"
_NO_BUILD = "--no-build"
"""As an option: the variable of that name is not heeded by all commands."""
_LOG_LINES = 60
_CLEAR_SECONDS = 60.0
_MOST_LOCK_BYTES = 16 << 20


@dataclass(frozen=True, kw_only=True)
class BuildLimits:
    """The most that a lock or a build may take."""

    lock_seconds: float = 300.0
    build_seconds: float = 1800.0
    memory_bytes: int = 4 << 30
    """Private memory of each process, and of all together where there are control groups."""
    disk_bytes: int = 32 << 30
    """Bytes that it may write on disk, and that the packages which it installs may take there."""
    processes: int = 1024
    """Processes and threads."""


@dataclass(frozen=True, kw_only=True)
class MayBuild:
    """Paths that a command of uv needs which may build packages."""

    python: Path
    read: tuple[Path, ...] = ()
    made: tuple[Path, ...] = ()
    """Folders that it fills."""


@dataclass(frozen=True, kw_only=True)
class UvOutcome(CompletedProgram):
    """How a command of uv ended."""

    refused: tuple[str, ...] = ()
    """Places that are none of the indexes', and that it or a build asked for."""


class MemoryBoundExceeded(Exception):
    """A command of uv and its builds took more memory together than they may; the message says how much that is."""


class Uv:
    """The uv that Unshelf was installed with."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        *,
        cache: Path,
        limits: BuildLimits | None = None,
        sandbox: Sandbox = NO_SANDBOX,
        groups: CgroupManager | None = None,
        hosts: Sequence[str] = (),
        ways_out: WaysOut | None = None,
    ) -> None:
        """Runs in folders below `folder`, the run folder of a home folder, with the settings in `environment` (this process's own by
        default); files are fetched once and kept in `cache`, unless the settings name another place.

        In a sandbox with a network of its own, packages are fetched by `ways_out`, from the indexes and from `hosts` (`host:port`)."""
        self._folder = folder
        self._sandbox = sandbox
        environment = os.environ if environment is None else environment
        settings = uv_environment(environment, cache=cache)
        self._access = IndexAccess(environment, settings)
        self.environment = self._access.settings
        """The settings that uv runs with; without credentials."""
        self._secrets = secrets_in(settings) | self._access.passwords
        self._networks = BuildNetworks(environment, self.environment, added=hosts, ways_out=ways_out)
        self._limits = limits or BuildLimits()
        self._groups = groups
        self._binary = find_uv_bin()
        self._version: CompletedProgram | None = None

    async def run(
        self,
        *arguments: str | Path,
        text: str = "",
        most_output: int = MOST_SHOWN,
        settings: Mapping[str, str] = MappingProxyType({}),
        files: Mapping[str, str] = MappingProxyType({}),
        may_build: MayBuild | None = None,
        fetches: Collection[Place] | None = None,
        fills: Sequence[Path] = (),
    ) -> "UvOutcome":
        """Run a command of uv to its end, with `settings` beside the operator's, in a folder that has these files; nothing that it
        left behind stays. One that may build packages (`may_build`) runs in the sandbox. `fetches`: the places, beside the package
        indexes, that it gets to; None: it needs none of these. `fills`: the folders that it fills without building anything."""
        with contextlib.ExitStack() as released:  # after the folder is gone: another program may get its user
            async with temporary_folder(self._folder, prefix=PRIVATE, fill=partial(_fill_private, files)) as private:
                sandbox = NO_SANDBOX if may_build is None else self._sandbox
                group = self._group() if may_build is not None and sandbox.kind != "none" else NO_GROUP
                released.callback(group.remove)
                written = [private, *(may_build.made if may_build else fills)]
                processes: list[int] = []
                async with (
                    self._reaching(sandbox, fetches) as (access, network),
                    disk_bound(written, self._limits.disk_bytes, processes=processes),
                ):
                    place = sandbox.confine(network.around(self._walls(private, settings, may_build, group)))
                    released.callback(place.release)
                    if place.walled:
                        await asyncio.to_thread(give_to, place.user, *written)
                    variables = network.environment({**access.environment, **settings})
                    done = await run_program(
                        place.command([self._binary, "--color", "never", *arguments], channel=network.channel),
                        environment=place.environment({**variables, **_private_settings(place.scratch)}),
                        folder=private, text=text, most_output=most_output,
                        limits=ProgramLimits(memory_bytes=self._limits.memory_bytes),
                        descriptors=[network.channel] if network.channel >= 0 else [],
                        started=processes.append if may_build is None else _ignore,
                    )  # fmt: skip
                if done.status and group.ran_out_of_memory():
                    raise MemoryBoundExceeded(memory_text(self._limits.memory_bytes))
                return _outcome(done, access, network)

    @contextlib.asynccontextmanager
    async def _reaching(
        self, sandbox: Sandbox, fetches: Collection[Place] | None
    ) -> AsyncIterator[tuple[UvAccess, BuildNetwork]]:
        """Inside, a command in this sandbox has its way to the indexes, if it needs one."""
        if fetches is None:
            yield UvAccess(environment=self.environment), FULL_NETWORK
            return
        places = self._networks.places.union(fetches)
        async with (
            self._access.open(self._folder, places) as access,
            self._networks.open(sandbox, access, fetches) as network,
        ):
            yield access, network

    def _group(self) -> WorkerCgroup:
        if self._groups is None:
            return NO_GROUP
        limits = GroupLimits(memory_bytes=self._limits.memory_bytes, processes=self._limits.processes)
        return self._groups.make(limits)

    def _walls(
        self, private: Path, settings: Mapping[str, str], may_build: MayBuild | None, group: WorkerCgroup
    ) -> Walls:
        needs, home = may_build or MayBuild(python=Path()), self._folder.parent
        variables = {**self.environment, **settings}
        interpreter = [folder for folder in interpreter_folders(needs.python, home) if folder not in needs.made]
        visible = visible_paths(variables, home)
        lent = [path for path in visible if path in package_paths(variables)]
        readable = [path for path in (Path(self._binary), *visible, *interpreter, *needs.read) if path not in lent]
        cache = Path(variables["UV_CACHE_DIR"])
        cache.mkdir(parents=True, exist_ok=True)
        return Walls(
            scratch=private, readable=readable, lent=lent, writable=needs.made, cache=cache,
            groups=[membership.file for membership in group.memberships], processes=self._limits.processes,
        )  # fmt: skip

    async def version(self) -> CompletedProgram:
        """Ask `uv --version`, until it answers once."""
        if self._version is None or self._version.status:
            self._version = await self.run("--version")
        return self._version

    async def compile(
        self, requirements: Sequence[str], python: Path, *, constraints: Sequence[str] = (), wheels: Path | None = None
    ) -> str:
        """Resolve requirements for this interpreter and platform into a pylock.toml with hashes; raises `lock_failed`. Requirements
        may name files in `wheels`."""
        command = partial(
            self.run,
            "pip", "compile", "-", "--format", "pylock.toml", "--generate-hashes", "--no-header", "--quiet",
            "--python", python, *(("--constraint", _BOUNDS) if constraints else ()),
            text="".join(f"{requirement}\n" for requirement in requirements),
            files={_BOUNDS: "".join(f"{constraint}\n" for constraint in constraints)}, most_output=_MOST_LOCK_BYTES,
        )  # fmt: skip
        linked: set[Place] = set()
        async with self._within(self._limits.lock_seconds, "lock"), self._cleared((), {}):
            if self._sandbox.kind != "none":
                # What a sandbox fetches is lost with it. Pages of an index and metadata of wheels can be fetched without running
                # anything, and are kept for it and for others.
                first = await command(_NO_BUILD, fetches=linked)
                linked = places_in(first.output)
            read = () if wheels is None else (wheels,)
            outcome = await command(may_build=MayBuild(python=python, read=read), fetches=linked)
        if outcome.status:
            raise self._failure("lock", outcome)
        return outcome.output

    async def make_environment(self, folder: Path, python: Path) -> None:
        """Make an empty virtual environment that may be moved; raises `build_failed`."""
        outcome = await self.run("venv", "--quiet", "--no-project", "--relocatable", "--python", python, folder)
        if outcome.status:
            raise self._failure("build", outcome)

    @property
    def default_index(self) -> str:
        """The address of the index that packages come from unless another is named; without credentials."""
        return address_of(self.environment.get("UV_DEFAULT_INDEX") or self.environment.get("UV_INDEX_URL") or PYPI)

    @property
    def sources(self) -> list[str]:
        """The addresses of all indexes and the folders of wheels that this server is set up with, without credentials."""
        given = [each for name in SOURCES for each in self.environment.get(name, "").replace(",", " ").split()]
        return list(dict.fromkeys([self.default_index, *map(address_of, given)]))

    async def install(
        self, lock: Path, python: Path, *, cache: Path | None = None, packages: Sequence[str] = ()
    ) -> None:
        """Install exactly what the lock says, each file by its hash; raises `build_failed`. `cache`: another than the usual one.
        `packages`: the names of those in the lock.

        Wheels are unpacked without running anything of theirs; where that is not enough, packages are built in the sandbox."""
        text = await asyncio.to_thread(lock.read_text)
        if self._access.credentials:
            await asyncio.to_thread(lock.write_text, proxied(text))
        settings = {} if cache is None else {"UV_CACHE_DIR": str(cache)}
        command = partial(
            self.run,
            "pip", "sync", "--quiet", "--preview-features", "pylock", "--require-hashes", "--python", python, lock,
            settings=settings, fetches=places_in(text), fills=(python.parent.parent,),
        )  # fmt: skip
        async with self._within(self._limits.build_seconds, "build"), self._cleared(packages, settings):
            if self._sandbox.kind == "none":
                outcome = await command()
            else:
                outcome = await command(_NO_BUILD)
                if outcome.status:
                    folder = python.parent.parent
                    outcome = await command(may_build=MayBuild(python=python, made=(folder,)))
                    await asyncio.to_thread(give_to, os.getuid(), folder)
        if outcome.status:
            raise self._failure("build", outcome)

    async def fetch(self, files: Sequence[WantedFile], folder: Path) -> dict[str, str]:
        """Fetch files of the indexes into a folder, each verified by its hash; returns why some are not there, by their names. Raises
        `build_failed` where they take more disk or time than a build may."""
        folders = [each.removeprefix("file://") for each in self.sources if each.startswith(("file://", "/"))]
        places = self._networks.places.union(*(places_in(each.url) for each in files))
        async with (
            self._within(self._limits.build_seconds, "build"),
            disk_bound([folder], self._limits.disk_bytes),
            self._access.open(self._folder, places) as access,
        ):
            wanted = [replace(each, url=proxied(each.url)) if access.proxy is not None else each for each in files]
            question = {"files": [asdict(each) for each in wanted], "folder": str(folder), "folders": folders}
            done = await run_program(
                [sys.executable, "-I", "-m", "unshelf.host.packages.fetch_process"],
                environment=access.environment, folder=self._folder, text=json.dumps(question),
                most_output=_MOST_LOCK_BYTES,
            )  # fmt: skip
        if done.status:
            return dict.fromkeys((each.name for each in files), "the program that fetches it ended")
        missing: dict[str, str] = json.loads(done.output)
        return {name: without_credentials(real(reason), self._secrets) for name, reason in missing.items()}

    @contextlib.asynccontextmanager
    async def _within(self, seconds: float, step: Step) -> AsyncIterator[None]:
        """End what takes longer, with all its processes; raises HostFailure."""
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            doing = "resolving the requirements" if step == "lock" else "building the environment"
            raise HostFailure(
                f"{step}_failed",
                f"It was ended after {seconds:g} s of {doing}.",
                hint="Ask for versions that have wheels, so that nothing is built; or have the operator raise "
                f"UNSHELF_{step.upper()}_SECONDS.",
                step=step,
            ) from error
        except MemoryBoundExceeded as error:
            raise HostFailure(
                f"{step}_failed",
                f"It ran out of its memory ({error}).",
                hint="Ask for versions that have wheels, so that nothing is built; or have the operator raise UNSHELF_BUILD_MEMORY_BYTES.",
                step=step,
            ) from error
        except DiskBoundExceeded as error:
            raise HostFailure(
                f"{step}_failed",
                f"It was ended, for {error}.",
                hint="Ask for fewer or smaller packages, and for versions that have wheels, so that nothing is built; or have the operator "
                "give the server more disk or raise UNSHELF_BUILD_DISK_BYTES.",
                step=step,
            ) from error

    @contextlib.asynccontextmanager
    async def _cleared(self, packages: Sequence[str], settings: Mapping[str, str]) -> AsyncIterator[None]:
        """Remove these packages, and what was unpacked halfway, from the cache when the disk has no more for them. Others who install
        something are waited for, though not for long."""
        try:
            yield
        except DiskBoundExceeded:
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(_CLEAR_SECONDS):
                    for command in (["clean", *packages], ["prune"]) if packages else (["prune"],):
                        await run_program(
                            [self._binary, "cache", *command], environment={**self.environment, **settings},
                            folder=self._folder,
                        )  # fmt: skip
            raise

    def _failure(self, step: Step, outcome: UvOutcome) -> HostFailure:
        said = without_credentials(cut_lines(outcome.errors), self._secrets)
        complaint = understand(said)
        log = "\n".join(said.strip().splitlines()[-_LOG_LINES:])
        hint = hint_for_refused(outcome.refused) or complaint.hint
        return HostFailure(f"{step}_failed", complaint.reason, hint=hint, step=step, log=log)


def _ignore(_: int) -> None:
    """Count a build by what its folders hold: it may take back what it wrote."""


def _outcome(done: CompletedProgram, access: UvAccess, network: BuildNetwork) -> UvOutcome:
    """How a command ended, without a word of the proxy that it went through."""
    refused = tuple(dict.fromkeys([*network.refused, *access.refused]))
    output, errors = done.output, done.errors
    if access.proxy is not None:
        output, errors = real(output), _with_reason(real(errors), access.problems)
    return UvOutcome(status=done.status, output=output, errors=errors, complete=done.complete, refused=refused)


def _with_reason(errors: str, problems: Sequence[str]) -> str:
    """uv's errors, with what kept the proxy from the index where uv saw no more than that."""
    if not problems or _BAD_GATEWAY not in errors:
        return errors
    return f"{errors.rstrip().replace(_BAD_GATEWAY, 'error sending request')}\n  cause: {problems[-1]}\n"


def _fill_private(files: Mapping[str, str], folder: Path) -> None:
    """Fill the folder of one run: a home, a place for temporary files, and the relay of what builds print."""
    for name in _PRIVATE_FOLDERS.values():
        (folder / name).mkdir()
    install_relay(folder / _PRIVATE_FOLDERS["PYTHONPATH"])
    for name, text in files.items():
        (folder / name).write_text(text)


def _private_settings(folder: Path) -> dict[str, str]:
    return {variable: str(folder / name) for variable, name in _PRIVATE_FOLDERS.items()}
