"""Bundling uploaded files: the client's own bundling, in a sandbox without network, of which only its answer is left."""

import asyncio
import contextlib
import os
import threading
from importlib.util import find_spec
from pathlib import Path

import msgspec

from unshelf.contracts.bundle import BundleFile, Manifest
from unshelf.contracts.protocols.bundling import (
    BundleChoices,
    BundleRefused,
    BundlingAnswer,
    BundlingQuestion,
    MadeBundle,
)
from unshelf.contracts.protocols.host import Bundled, BundleFiles
from unshelf.contracts.tiers import memory_text
from unshelf.host.artifacts.bundles import BundleStore
from unshelf.host.errors import HostFailure
from unshelf.host.packages.disk_bound import DiskBoundExceeded, disk_bound
from unshelf.host.prepare.progress import ProgressReporter, Say
from unshelf.host.prepare.turns import Turns
from unshelf.host.program_output import cut_lines
from unshelf.host.sandbox.cgroups import CgroupManager, GroupLimits
from unshelf.host.sandbox.files import give_to, make_readable
from unshelf.host.sandbox.sandbox import Sandbox, own_interpreter
from unshelf.host.sandbox.walls import Walls, interpreter_folders
from unshelf.host.subprocesses import CompletedProgram, ProgramLimits, describe_exit, run_program
from unshelf.host.temporary_folder import temporary_folder

PROGRAM = """\
import runpy, sys
sys.path.append(sys.argv[1])
runpy.run_module("unshelf.client.uploads.bundling", run_name="__main__")
"""
"""The program that bundles; its argument is the folder of its libraries."""

_LIBRARIES = (
    "unshelf", "msgspec", "packaging", "yaml", "httpx", "httpcore", "h11", "anyio", "idna", "certifi", "sniffio", "typing_extensions",
    "rich", "pygments", "markdown_it", "mdurl", "pyarrow",
)  # fmt: skip
"""The client's own libraries: the program finds these, and no package of this server's, whose versions would be taken for the model's."""
_FILES, _WORK, _LIB = "files", "work", "lib"
_PROCESSES = 64
_PLACES = 3
_MOST_ANSWER = 48 << 20
_MOST_MADE = 32 << 20
_LOG_CHARACTERS = 4000


class Bundler:
    """Bundles uploaded files, several at once, shared out among those who deploy."""

    def __init__(
        self,
        run: Path,
        bundles: BundleStore,
        *,
        sandbox: Sandbox,
        groups: CgroupManager,
        seconds: float,
        memory_bytes: int,
        disk_bytes: int,
        prefix: str,
        program: str = PROGRAM,
    ) -> None:
        """`seconds`, `memory_bytes`, `disk_bytes`: the most that one may take. `prefix`: how the name of its folder below `run` begins,
        which a host that starts removes."""
        self._run = run
        self._bundles = bundles
        self._sandbox = sandbox
        self._groups = groups
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._disk_bytes = disk_bytes
        self._prefix = prefix
        self._program = program
        self._turns = Turns(_PLACES)

    async def bundle(self, request: BundleFiles, say: Say) -> Bundled:
        """Make a bundle of the files; raises HostFailure (`bundle_failed`) that says why it can't be made."""
        voice = ProgressReporter(request.id, say)
        count = len(request.files)
        await voice.begin("bundle", "1 file" if count == 1 else f"{count:,} files")
        async with (
            voice.turn(self._turns, request.actor),
            temporary_folder(self._run, prefix=self._prefix, fill=_fill) as folder,
        ):
            await self._lay_out(request.files, folder / _FILES)
            made = await self._made(folder, request.choices)
        check_made(made, request.files)
        for note in made.manifest.notes:
            await voice.info(note)
        await voice.done(summary_of(made.manifest))
        return Bundled(id=request.id, bundle=made)

    async def _lay_out(self, files: list[BundleFile], folder: Path) -> None:
        stop = threading.Event()
        copying = asyncio.ensure_future(asyncio.to_thread(self._copy, files, folder, stop))
        try:
            await asyncio.shield(copying)
        except asyncio.CancelledError:
            stop.set()
            await asyncio.wait([copying])
            raise
        except HostFailure as failure:
            failure.step = "bundle"
            raise

    def _copy(self, files: list[BundleFile], folder: Path, stop: threading.Event) -> None:
        for file in files:
            if stop.is_set():
                return
            self._bundles.copy(file, folder / file.path)
        make_readable(folder)

    async def _made(self, folder: Path, choices: BundleChoices) -> MadeBundle:
        try:
            async with asyncio.timeout(self._seconds), disk_bound([folder / _WORK], self._disk_bytes):
                done, out_of_memory = await self._ran(folder, choices)
        except TimeoutError as error:
            raise _failure(
                f"Reading the files was not done after {self._seconds:g} s.", "Send fewer or smaller files."
            ) from error
        except DiskBoundExceeded as error:
            raise _failure(f"Reading the files was ended, for {error}.", "Send fewer or smaller files.") from error
        if out_of_memory or "MemoryError" in done.errors:
            raise _failure(
                f"Reading the files took more than its memory ({memory_text(self._memory_bytes)}).",
                "Save the model uncompressed, or have the operator raise UNSHELF_BUILD_MEMORY_BYTES.",
            )
        log = cut_lines(done.errors)[-_LOG_CHARACTERS:]
        if done.status:
            raise _failure(
                f"The files can't be read: {describe_exit(done.status)}.", "The log has what was said last.", log
            )
        if not done.complete:
            raise _failure("What was made of the files is too large.", "Make the example smaller.", log)
        try:
            answer = msgspec.json.decode(done.output, type=BundlingAnswer)
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise _failure(f"What was made of the files can't be read: {error}.", log=log) from error
        if isinstance(answer, BundleRefused):
            raise _failure(answer.detail, answer.hint)
        bundle: MadeBundle = answer
        return bundle

    async def _ran(self, folder: Path, choices: BundleChoices) -> tuple[CompletedProgram, bool]:
        """Run the program to its end; with it, whether its group ran out of memory."""
        work, files = folder / _WORK, folder / _FILES
        with contextlib.ExitStack() as released:
            group = self._groups.make(GroupLimits(memory_bytes=self._memory_bytes, processes=_PROCESSES))
            released.callback(group.remove)
            python = Path(own_interpreter())
            place = self._sandbox.confine(
                Walls(
                    scratch=work, network="none", bundle=files, processes=_PROCESSES, lent=library_paths(),
                    readable=interpreter_folders(python, self._run.parent),
                    groups=[membership.file for membership in group.memberships],
                )
            )  # fmt: skip
            released.callback(place.release)
            if place.walled:
                await asyncio.to_thread(give_to, place.user, work)
            question = BundlingQuestion(folder=str(place.seen(files)), choices=choices)
            variables = {
                "PATH": os.defpath, "HOME": str(place.scratch), "TMPDIR": str(place.scratch),
                "GIT_CEILING_DIRECTORIES": str(place.seen(files).parent), "LANG": "C.UTF-8",
            }  # fmt: skip
            done = await run_program(
                place.command([python, "-I", "-S", "-c", self._program, place.scratch / _LIB]),
                environment=place.environment(variables),
                folder=work,
                text=msgspec.json.encode(question).decode(),
                most_output=_MOST_ANSWER,
                limits=ProgramLimits(memory_bytes=self._memory_bytes),
            )
            return done, bool(done.status) and group.ran_out_of_memory()


def library_paths() -> list[Path]:
    """List where the client's libraries lie, each a package's folder or a module's file."""
    return [path.resolve() for path in map(_place_of, _LIBRARIES) if path is not None]


def _place_of(module: str) -> Path | None:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return None
    origin = Path(spec.origin)
    return origin.parent if spec.submodule_search_locations else origin


def _fill(folder: Path) -> None:
    """Fill the folder of one bundling: a place for the files, and a home with links to the libraries."""
    (folder / _FILES).mkdir()
    (folder / _WORK / _LIB).mkdir(parents=True)
    for path in library_paths():
        (folder / _WORK / _LIB / path.name).symlink_to(path)


def check_made(made: MadeBundle, files: list[BundleFile]) -> None:
    """Raise HostFailure for a bundle with files that were neither sent nor made, or with too much that was made."""
    known = {file.sha256 for file in files} | {each.sha256 for each in made.made}
    strange = [file.path for file in made.manifest.files if file.sha256 not in known]
    if strange:
        raise _failure(f"What was made of the files has {strange[0]!a}, which was not sent.")
    if sum(len(each.content) for each in made.made) > _MOST_MADE:
        raise _failure(
            f"What was made of the files takes more than {_MOST_MADE >> 20} MiB.",
            "Make the example or the wheels smaller.",
        )


def summary_of(manifest: Manifest) -> str:
    """Say in one line what the files were found to be."""
    count = len(manifest.requirements)
    asked = "the lock of an environment" if manifest.lock else f"{count} requirements" if count else "no packages"
    if count == 1 and not manifest.lock:
        asked = manifest.requirements[0]
    kind = (
        manifest.loader.kind if manifest.loader.format is None else f"{manifest.loader.kind} ({manifest.loader.format})"
    )
    return f"{kind}; {asked}; Python {manifest.python}"


def _failure(detail: str, hint: str = "", log: str = "") -> HostFailure:
    return HostFailure("bundle_failed", detail, hint=hint, step="bundle", log=log)
