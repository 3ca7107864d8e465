"""Code from git repositories: fetched by a process in a sandbox, which reaches the repository's host alone and by the operator's rules."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import Unavailable
from unshelf.contracts.network.grants import place_of
from unshelf.contracts.protocols.jobs import (
    CodeFetched,
    CodeRefs,
    FetchCode,
    GitAnswer,
    GitFiles,
    GitPlace,
    GitQuestion,
    GitRefs,
    GitRefused,
    ListRefs,
)
from unshelf.host.egress.plan import EgressPlan, plan_for
from unshelf.host.errors import HostFailure
from unshelf.host.jobs.leftovers import regular_files, store_file
from unshelf.host.network_settings import AUTHORITIES, NETWORK_VARIABLES
from unshelf.host.packages.build_network import WaysOut
from unshelf.host.packages.credentials import without_credentials
from unshelf.host.packages.disk_bound import DiskBoundExceeded, disk_bound
from unshelf.host.packages.uv import PRIVATE
from unshelf.host.packages.visible_paths import visible_paths
from unshelf.host.prepare.bundling import library_paths
from unshelf.host.prepare.turns import Turns
from unshelf.host.program_output import cut_lines
from unshelf.host.sandbox.cgroups import CgroupManager, GroupLimits
from unshelf.host.sandbox.files import give_to
from unshelf.host.sandbox.sandbox import Sandbox, bounds_network, own_interpreter
from unshelf.host.sandbox.walls import Walls, interpreter_folders
from unshelf.host.subprocesses import CompletedProgram, ProgramLimits, describe_exit, run_program
from unshelf.host.temporary_folder import temporary_folder
from unshelf.runtime.blobs.port import Blobs

_PROGRAM = """\
import runpy, sys
sys.path.append(sys.argv[1])
runpy.run_module("unshelf.client.jobs.git_process", run_name="__main__")
"""
_WORK, _LIB, _FILES = "work", "lib", "files"
_PORTS = {"http": 80, "https": 443}
_PROCESSES = 64
_PLACES = 3
_MOST_ANSWER = 8 << 20
_LOG_CHARACTERS = 4000
_REFS_SECONDS = 30.0

Said = TypeVar("Said", GitFiles, GitRefs)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The most that fetching one repository may take."""

    seconds: float
    memory_bytes: int
    disk_bytes: int
    """Bytes of the repository as it is fetched, and of its files beside it."""


class CodeFetcher:
    """Fetches repositories, several at once, shared out among those who ask."""

    def __init__(
        self,
        run: Path,
        blobs: Blobs,
        *,
        sandbox: Sandbox,
        groups: CgroupManager,
        ways_out: WaysOut,
        policy: Sequence[str],
        bounds: Bounds,
    ) -> None:
        """`policy`: UNSHELF_EGRESS_ALLOW."""
        self._run = run
        self._blobs = blobs
        self._sandbox = sandbox
        self._groups = groups
        self._ways_out = ways_out
        self._policy = list(policy)
        self._bounds = bounds
        self._turns = Turns(_PLACES)

    async def fetch(self, request: FetchCode) -> CodeFetched:
        """Fetch the files of a commit into the blob store. Raises HostFailure, which says why that can't be done."""
        async with self._turns.turn(request.actor), self._folder() as folder:
            question = GitQuestion(
                act="fetch", place=request.place, ref=request.ref, folder=request.folder, target=_FILES
            )
            found = await self._asked(folder, question, GitFiles, self._bounds.seconds)
            files = await asyncio.to_thread(self._store, folder / _WORK / _FILES)
        return CodeFetched(id=request.id, commit=found.commit, files=files, packages=found.packages, notes=found.notes)

    async def refs(self, request: ListRefs) -> CodeRefs:
        """List branches and tags. Raises HostFailure."""
        async with self._turns.turn(request.actor), self._folder() as folder:
            question = GitQuestion(act="refs", place=request.place, target=_FILES)
            found = await self._asked(folder, question, GitRefs, min(_REFS_SECONDS, self._bounds.seconds))
        return CodeRefs(id=request.id, default=found.default, branches=found.branches, tags=found.tags)

    @contextlib.asynccontextmanager
    async def _folder(self) -> AsyncIterator[Path]:
        async with temporary_folder(self._run, prefix=PRIVATE, fill=_fill) as folder:
            yield folder

    async def _asked(self, folder: Path, question: GitQuestion, expected: type[Said], seconds: float) -> Said:
        bounds, place = self._bounds, question.place
        try:
            async with asyncio.timeout(seconds), disk_bound([folder / _WORK], bounds.disk_bytes):
                done, refused = await self._ran(folder, question)
        except TimeoutError as error:
            raise _failure(
                place, f"fetching was not done after {seconds:g} s", "Fetch a smaller repository."
            ) from error
        except DiskBoundExceeded as error:
            raise _failure(place, f"fetching was ended, for {error}", "Fetch a smaller repository.") from error
        log = without_credentials(cut_lines(done.errors)[-_LOG_CHARACTERS:], _secrets(place))
        if refused:
            raise _failure(
                place, f"a connection to {', '.join(refused)} was refused",
                f"The operator adds it to UNSHELF_EGRESS_ALLOW: {','.join(refused)}",
            )  # fmt: skip
        if done.status or not done.complete:
            why = describe_exit(done.status) if done.status else "its answer is too long"
            raise _failure(place, f"fetching it failed: {why}", log=log)
        try:
            answer = msgspec.json.decode(done.output, type=GitAnswer)
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise _failure(place, f"what was fetched can't be read: {error}", log=log) from error
        if isinstance(answer, GitRefused):
            detail = without_credentials(answer.detail.rstrip("."), _secrets(place))
            raise _failure(place, detail, without_credentials(answer.hint, _secrets(place)))
        if not isinstance(answer, expected):
            raise _failure(place, "fetching it gave something else than was asked for")
        return answer

    async def _ran(self, folder: Path, question: GitQuestion) -> tuple[CompletedProgram, list[str]]:
        """Run the program to its end; with it, the places that it was refused."""
        plan = _plan(question.place)
        network = {name: value for name, value in os.environ.items() if name in NETWORK_VARIABLES}
        if not bounds_network(self._sandbox):
            return await self._confined(folder, question, None, -1), []
        async with self._ways_out.way_out_of_build(plan, self._policy, network) as way_out:
            done = await self._confined(folder, question, plan, way_out.channel)
        return done, list(way_out.refused)

    async def _confined(
        self, folder: Path, question: GitQuestion, plan: EgressPlan | None, channel: int
    ) -> CompletedProgram:
        work = folder / _WORK
        authorities = {name: value for name, value in os.environ.items() if name in AUTHORITIES}
        memory_bytes = self._bounds.memory_bytes
        with contextlib.ExitStack() as released:
            group = self._groups.make(GroupLimits(memory_bytes=memory_bytes, processes=_PROCESSES))
            released.callback(group.remove)
            python = Path(own_interpreter())
            place = self._sandbox.confine(
                Walls(
                    scratch=work, processes=_PROCESSES, lent=library_paths(),
                    network="full" if plan is None else "none",
                    hosts=plan.hosts if plan is not None else {},
                    addresses=plan.addresses if plan is not None else (),
                    listeners=plan.listeners if plan is not None else (),
                    readable=[
                        *interpreter_folders(python, self._run.parent), *visible_paths(authorities, self._run.parent)
                    ],
                    groups=[membership.file for membership in group.memberships],
                )
            )  # fmt: skip
            released.callback(place.release)
            if place.walled:
                await asyncio.to_thread(give_to, place.user, work)
            target = place.scratch / question.target
            asked = msgspec.structs.replace(question, target=str(target))
            variables = {
                "PATH": os.defpath, "HOME": str(place.scratch), "TMPDIR": str(place.scratch), "LANG": "C.UTF-8",
                **(plan.variables() if plan is not None else {}),
            }  # fmt: skip
            descriptors = [channel] if place.walled and channel >= 0 else []
            return await run_program(
                place.command(
                    [python, "-I", "-S", "-c", _PROGRAM, place.scratch / _LIB], channel=channel if descriptors else -1
                ),
                environment=place.environment(variables | authorities),
                folder=work,
                text=msgspec.json.encode(asked).decode(),
                most_output=_MOST_ANSWER,
                limits=ProgramLimits(memory_bytes=memory_bytes),
                descriptors=descriptors,
            )

    def _store(self, folder: Path) -> list[BundleFile]:
        """Put the files into the blob store. The process is gone; what it left is a stranger's."""
        try:
            found = [store_file(path, place, self._blobs) for path, place in sorted(regular_files(folder))]
        except Unavailable as error:
            raise HostFailure("unavailable", error.detail, hint=error.hint, retry_after=error.retry_after) from error
        return [file for file in found if file is not None]


def _fill(folder: Path) -> None:
    """Fill the folder of one fetch: an empty one for the files, and links to the libraries."""
    (folder / _WORK / _FILES).mkdir(parents=True)
    (folder / _WORK / _LIB).mkdir()
    for path in library_paths():
        (folder / _WORK / _LIB / path.name).symlink_to(path)


def _plan(place: GitPlace) -> EgressPlan:
    parts = urlsplit(place.url)
    plan = plan_for([place_of(parts.hostname or "", parts.port or _PORTS[parts.scheme])])
    assert plan is not None  # noqa: S101 - there is a grant
    return plan


def _secrets(place: GitPlace) -> list[str]:
    return [place.credential, *place.credential.split(":", 1)] if place.credential else []


def _failure(place: GitPlace, detail: str, hint: str = "", log: str = "") -> HostFailure:
    return HostFailure("invalid_input", f"{place.url}: {detail}.", hint=hint, step="fetch", log=log)
