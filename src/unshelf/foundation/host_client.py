"""The door to the host: one short-lived connection a call, frames of contracts.protocols.host over its unix socket."""

import contextlib
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from unshelf.contracts.bundle import BundleFile, Manifest
from unshelf.contracts.errors import Unavailable, UnshelfError
from unshelf.contracts.machine import MachineFacts
from unshelf.contracts.metering.usage import TakenUsage, TakeUsage
from unshelf.contracts.problems import CODES
from unshelf.contracts.protocols.bundling import BundleChoices, MadeBundle
from unshelf.contracts.protocols.environments import (
    ArchiveChunk,
    ArchiveEnd,
    BuildEnvironment,
    EnvironmentBuilt,
    ExportEnvironment,
    GiveLock,
    ListLostLocks,
    LostLocks,
)
from unshelf.contracts.protocols.host import (
    Ack,
    Awake,
    Bundled,
    BundleFiles,
    Delete,
    Deleted,
    Describe,
    Described,
    DescribeSecrets,
    Failed,
    FromHost,
    HeldSecrets,
    HoldSecrets,
    Prepare,
    Prepared,
    Progress,
    Refused,
    RefusedConnection,
    Replica,
    TakeRefusals,
    ToHost,
    Wake,
)
from unshelf.contracts.protocols.jobs import (
    AttemptOrder,
    AttemptOutput,
    Attempts,
    CancelAttempt,
    CodeFetched,
    CodeRefs,
    FetchCode,
    ForgetAttempts,
    GitPlace,
    JobAttempt,
    ListRefs,
    ReadAttemptOutput,
    StartAttempt,
    WatchAttempts,
)
from unshelf.runtime.messages import MessageReader, frame_message

_CONNECT_SECONDS = 5.0
_QUICK_SECONDS = 30.0
_WATCH_SECONDS = 0.2
_SILENT_SECONDS = 15.0
"""Silence of a host that has something to say every second."""
_NEXT_HOST_SECONDS = 60.0
_ASK_AGAIN_SECONDS = 0.1
BEGUN_ANEW = "the host was replaced; the next one begins the step anew"
"""The event of a step that `by_a_host` asks the next host for."""
_CALL = 1
"""The id of the one request each connection carries."""

_messages: MessageReader[FromHost] = MessageReader(FromHost)

Made = TypeVar("Made")
Answer = TypeVar(
    "Answer",
    Awake,
    Prepared,
    Described,
    Deleted,
    Ack,
    HeldSecrets,
    Refused,
    EnvironmentBuilt,
    Bundled,
    AttemptOutput,
    TakenUsage,
    CodeFetched,
    CodeRefs,
    LostLocks,
)


class HostRequestFailed(UnshelfError):
    """The host could not do what it was asked to; `failed` says at which step and why."""

    def __init__(self, failed: Failed) -> None:
        code = failed.code if failed.code in CODES else "unavailable"
        super().__init__(failed.detail, hint=failed.hint, code=code, retry_after=failed.retry_after)
        self.failed = failed


class HostLink:
    """Asks the host. Every call raises HostRequestFailed when the host says no, and Unavailable when it does not answer."""

    def __init__(self, socket_path: Path, *, wake_seconds: float = 180.0) -> None:
        self._path = socket_path
        self._wake_seconds = wake_seconds
        self._watching: set[socket.socket] = set()
        """The connections of `watch_attempts`."""

    def prepare(
        self,
        model: str,
        manifest: Manifest,
        on_progress: Callable[[Progress], None],
        *,
        actor: str = "",
        secrets: Mapping[str, str] | None = None,
        watch: Callable[[], None] | None = None,
    ) -> Prepared:
        """Lock, build and check the bundle for this actor, with the model's secrets; takes as long as it takes.

        `watch` is called several times a second meanwhile. What it or `on_progress` raises cancels the work at once."""
        request = Prepare(id=_CALL, model=model, manifest=manifest, actor=actor, secrets=dict(secrets or {}))
        return self._ask(request, Prepared, None, on_progress, watch)

    def build_environment(
        self,
        request: BuildEnvironment,
        on_progress: Callable[[Progress], None],
        *,
        watch: Callable[[], None] | None = None,
    ) -> EnvironmentBuilt:
        """Lock and build an environment. `on_progress` and `watch` as in `prepare`."""
        return self._ask(request, EnvironmentBuilt, None, on_progress, watch)

    def bundle(
        self,
        files: Sequence[BundleFile],
        choices: BundleChoices,
        on_progress: Callable[[Progress], None],
        *,
        actor: str = "",
        watch: Callable[[], None] | None = None,
    ) -> MadeBundle:
        """Make a bundle of uploaded files for this actor. `on_progress` and `watch` as in `prepare`."""
        request = BundleFiles(id=_CALL, files=list(files), choices=choices, actor=actor)
        return self._ask(request, Bundled, None, on_progress, watch).bundle

    def fetch_code(self, request: FetchCode, *, watch: Callable[[], None] | None = None) -> CodeFetched:
        """Fetch the files of a git repository. `watch` as in `prepare`."""
        return self._ask(request, CodeFetched, None, watch=watch)

    def git_refs(self, place: GitPlace, *, actor: str) -> CodeRefs:
        """Return the branches and tags of a git repository."""
        return self._ask(ListRefs(id=_CALL, place=place, actor=actor), CodeRefs, self._wake_seconds)

    def export_environment(self, request: ExportEnvironment) -> Iterator[bytes]:
        """Yield the bytes of an environment's archive, which the host makes before the first of them. To stop reading ends it."""
        with self._connected() as connection:
            connection.settimeout(None)
            try:
                connection.sendall(frame_message(request))
                while not isinstance(answer := _messages.receive(connection), ArchiveEnd):
                    if isinstance(answer, Failed):
                        raise HostRequestFailed(answer)
                    if isinstance(answer, ArchiveChunk):
                        yield answer.data
            except (msgspec.MsgspecError, OSError, EOFError) as error:
                raise Unavailable(f"The connection to the host broke: {error}.") from error

    def wake(self, model: str, version: int, *, watch: Callable[[], None] | None = None) -> str:
        """Have a worker of that version; gives the socket's name at which it answers. `watch` as in `prepare`."""
        request = Wake(id=_CALL, model=model, version=version, for_release=True)
        return self._ask(request, Awake, self._wake_seconds, watch=watch).address

    def describe(self) -> Described:
        """The machine and its replicas; looks for its interpreters."""
        return self._ask(Describe(id=_CALL), Described, _QUICK_SECONDS)

    def machine(self) -> MachineFacts:
        """The machine, at once; of its interpreters the host's own alone."""
        described = self._ask(Describe(id=_CALL, interpreters=False), Described, _QUICK_SECONDS)
        assert described.machine is not None  # noqa: S101 - it was asked for
        return described.machine

    def replicas(self) -> list[Replica]:
        """The worker processes alone, at once."""
        return self._ask(Describe(id=_CALL, machine=False), Described, _QUICK_SECONDS).replicas

    def warning(self) -> str:
        """The host's sentence on a machine without a sandbox, at once; empty where there is one."""
        return self._ask(Describe(id=_CALL, machine=False), Described, _QUICK_SECONDS).warning

    def hold_secrets(self, model: str, revision: int, values: Mapping[str, str]) -> None:
        """Have the host hold these as the secrets of a model; revision 0: it has none."""
        request = HoldSecrets(id=_CALL, model=model, revision=revision, values=dict(values))
        self._ask(request, Ack, _QUICK_SECONDS)

    def held_secrets(self) -> dict[str, int]:
        """The models whose secrets the host holds, with their revisions."""
        return self._ask(DescribeSecrets(id=_CALL), HeldSecrets, _QUICK_SECONDS).revisions

    def lost_locks(self) -> list[str]:
        """Return the environments that the host can't make again for want of their locks."""
        return self._ask(ListLostLocks(id=_CALL), LostLocks, _QUICK_SECONDS).environments

    def give_lock(self, environment: str, lock: str, python: str) -> None:
        """Have the host make an environment again from this lock, soon."""
        self._ask(GiveLock(id=_CALL, environment=environment, lock=lock, python=python), Ack, _QUICK_SECONDS)

    def take_refusals(self) -> list[RefusedConnection]:
        """Return the connections that programs were refused since the last time."""
        return self._ask(TakeRefusals(id=_CALL), Refused, _QUICK_SECONDS).connections

    def take_usage(self, source: str, taken: int) -> TakenUsage:
        """Return what was used of the machine since the batch that was taken in last; the same batch until it is named as taken in."""
        return self._ask(TakeUsage(id=_CALL, source=source, taken=taken), TakenUsage, _QUICK_SECONDS)

    def forget(self, bundles: list[str], environments: list[str]) -> None:
        """Delete the folders of bundles and environments that nobody uses any more."""
        self._ask(Delete(id=_CALL, bundles=bundles, environments=environments), Deleted, _QUICK_SECONDS)

    def start_attempt(self, order: AttemptOrder) -> None:
        """Begin an attempt of a job, unless that was done before."""
        self._ask(StartAttempt(id=_CALL, order=order), Ack, self._wake_seconds)

    def cancel_attempt(self, job: str, number: int) -> None:
        """Ask for the end of an attempt."""
        self._ask(CancelAttempt(id=_CALL, job=job, number=number), Ack, _QUICK_SECONDS)

    def watch_attempts(self) -> Iterator[list[JobAttempt]]:
        """Yield all attempts, then those that change, at least every few seconds. Ends with Unavailable."""
        with self._connected() as connection, _host_errors():
            self._watching.add(connection)
            try:
                connection.settimeout(_SILENT_SECONDS)
                connection.sendall(frame_message(WatchAttempts(id=_CALL)))
                while True:
                    answer = _messages.receive(connection)
                    if not isinstance(answer, Attempts):
                        raise Unavailable(f"The host answered {type(answer).__name__}, which was not asked for.")
                    yield answer.attempts
            finally:
                self._watching.discard(connection)

    def end_watches(self) -> None:
        """End the calls of `watch_attempts` that are under way, at once."""
        for connection in list(self._watching):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                connection.shutdown(socket.SHUT_RDWR)

    def attempt_output(self, job: str, number: int, offset: int, wait_seconds: float) -> AttemptOutput:
        """Return what an attempt printed from a byte on."""
        request = ReadAttemptOutput(id=_CALL, job=job, number=number, offset=offset, wait_seconds=wait_seconds)
        return self._ask(request, AttemptOutput, wait_seconds + _QUICK_SECONDS)

    def forget_attempts(self, attempts: Sequence[tuple[str, int]], jobs: Sequence[str]) -> None:
        """Delete the folders of ended attempts, and the checkpoints of jobs that have no more to come."""
        self._ask(ForgetAttempts(id=_CALL, attempts=list(attempts), jobs=list(jobs)), Ack, _QUICK_SECONDS)

    def _ask(
        self,
        request: ToHost,
        expected: type[Answer],
        seconds: float | None,
        on_progress: Callable[[Progress], None] | None = None,
        watch: Callable[[], None] | None = None,
    ) -> Answer:
        with self._connected() as connection:
            connection.settimeout(seconds)
            with _host_errors():
                connection.sendall(frame_message(request))
                while True:
                    if watch is not None:
                        _watch_until_readable(connection, watch, seconds)
                    answer = _messages.receive(connection)
                    if isinstance(answer, expected):
                        return answer
                    if isinstance(answer, Failed):
                        raise HostRequestFailed(answer)
                    if isinstance(answer, Progress) and on_progress is not None:
                        on_progress(answer)
                        continue
                    raise Unavailable(f"The host answered {type(answer).__name__}, which was not asked for.")

    def _connected(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(_CONNECT_SECONDS)
            connection.connect(str(self._path))
        except OSError as error:
            connection.close()
            raise Unavailable(f"The host does not answer: {error.strerror or error}.") from None
        return connection


def by_a_host(act: Callable[[], Made], *, begin_anew: Callable[[], None], watch: Callable[[], None]) -> Made:
    """Have the host do something that may be begun anew. Where it is replaced meanwhile (`unshelf reload`, a crash), the next one is asked.

    `begin_anew` is called once, before the next one is; `watch` as in `prepare`. Raises Unavailable where none comes within a minute."""
    deadline: float | None = None
    while True:
        try:
            return act()
        except Unavailable:
            if deadline is not None and time.monotonic() > deadline:
                raise
        if deadline is None:
            deadline = time.monotonic() + _NEXT_HOST_SECONDS
            begin_anew()
        watch()
        time.sleep(_ASK_AGAIN_SECONDS)


@contextlib.contextmanager
def _host_errors() -> Iterator[None]:
    """Have whatever breaks a conversation with the host raised as Unavailable."""
    try:
        yield
    except TimeoutError:
        raise Unavailable("The host did not answer in time.") from None
    except msgspec.MsgspecError as error:
        raise Unavailable(f"The host's answer can't be read: {error}.") from error
    except (OSError, EOFError) as error:
        raise Unavailable(f"The connection to the host broke: {error}.") from error


def _watch_until_readable(connection: socket.socket, watch: Callable[[], None], seconds: float | None) -> None:
    deadline = None if seconds is None else time.monotonic() + seconds
    while not select.select([connection], [], [], _WATCH_SECONDS)[0]:
        watch()
        if deadline is not None and time.monotonic() > deadline:
            raise TimeoutError
