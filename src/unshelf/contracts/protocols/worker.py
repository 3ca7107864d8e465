"""Messages between a host and a worker: the worker's configuration and its reports; JSON, one object a line.

docs/reference/worker-protocol.md explains them to a stranger, and frames.py has what gateways and workers exchange. The worker
imports nothing of ours: its own readers and writers are in worker/process, and tests/contract/test_worker_protocol.py holds
both sides together."""

from typing import Any

import msgspec

from unshelf.contracts.bundle import DEFAULT_BATCHING, Checks, Manifest
from unshelf.contracts.problems import InputError
from unshelf.contracts.signature import Signature


class LimitGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A control group that a worker moves itself into before it opens the model."""

    file: str
    """The file to which the worker writes `0`."""
    holds: str
    """The limit as people read it: `memory 1 GiB (cgroup v2)`."""
    memory: bool
    """Whether the group limits memory."""
    joined: bool = False
    """Whether the host has moved the worker into the group already; a worker in a sandbox can't do so itself."""


class WorkerLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a worker's tier, which the worker puts itself under."""

    groups: list[LimitGroup] = []
    memory_bytes: int = 0
    """The memory of the tier, for the data segment where no group limits memory; 0: no limit."""
    memory_text: str = ""
    """The same as people read it: `1 GiB`."""


class WorkerConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Configuration of a worker that serves a version or checks a bundle: one line on its lifeline."""

    bundle: str
    """The folder with the bundle's files."""
    model: str
    version: int
    """0 for a check: no version exists yet."""
    manifest: Manifest
    signature: Signature | None
    """The full one to serve; for a check the manifest's, and None where the model's file has to tell its inputs."""
    batchable: bool = False
    """Whether the check proved that a batch equals single calls; only then may several requests be predicted together."""
    max_batch_rows: int = DEFAULT_BATCHING.max_rows
    max_batch_bytes: int = DEFAULT_BATCHING.max_bytes
    batch_wait_seconds: float = DEFAULT_BATCHING.wait
    """How long a batch may wait for more requests."""
    busy_poll: bool = False
    """Whether the worker may look for the next request for a moment before it sleeps: where tier and machine have a core to spare."""
    replica: str = ""
    """The name of this worker in the lines of its output: its process id as its host sees it, or `check`."""
    secrets: list[str] = []
    """The names of those variables that are secrets: a worker leaves their values out of what it prints and reports."""
    limits: WorkerLimits = WorkerLimits()
    granted: list[str] | None = None
    """The places that it may connect to, where it may connect to no others; None: to all that the server can. For its words alone: the
    walls are the host's."""
    variables: dict[str, str] = {}
    """Environment variables that the worker sets before it loads the model. They come this way because a command line and the
    environment of a new process can be read by others."""


class ZygoteConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Configuration of a zygote: one line on its lifeline."""

    modules: list[str]
    """The modules it imports in advance."""
    kinds: list[str]
    """The kinds of loaders whose code it imports in advance."""
    variables: dict[str, str] = {}
    """Environment variables that it sets before it imports anything; all workers that are forked from it have them."""


class WorkerServing(msgspec.Struct, frozen=True, kw_only=True, tag="serving", tag_field="event"):
    """The worker would answer a frame now."""

    load_seconds: float
    """How long loading the model took."""
    limits: list[str] = []
    """The limits that really hold, as people read them."""
    address: str = ""
    """The address that it listens at (contracts.protocols.addresses); a host that handed over the socket knows it."""


class WorkerUsed(msgspec.Struct, frozen=True, kw_only=True, tag="used", tag_field="event"):
    """The worker was used; sent at most once a second."""

    requests: int
    """Requests answered since the start."""
    last_used: float
    """Unix time of the last use."""


class WorkerRefused(msgspec.Struct, frozen=True, kw_only=True, tag="refused", tag_field="event"):
    """A connection that was not granted did not come about; sent at most once a minute for each place. The model shares the process, so
    that it may say what it likes."""

    place: str
    """`host:port`."""


class WorkerOutOfMemory(msgspec.Struct, frozen=True, kw_only=True, tag="out_of_memory", tag_field="event"):
    """Memory was refused to the model by the worker's own limit; the worker ends right after."""


class CheckStep(msgspec.Struct, frozen=True, kw_only=True, tag="step", tag_field="event"):
    """A check begins its next part."""

    step: str
    """`load`, `signature`, `predict`, `batch` or `fork`."""


class CheckPassed(Checks, frozen=True, kw_only=True, omit_defaults=True, tag="checked", tag_field="event"):
    """The last word of a check that passed: what was found."""


class WorkerFailed(msgspec.Struct, frozen=True, kw_only=True, tag="failed", tag_field="event"):
    """The last word of a check or a start that failed."""

    step: str
    """The part that failed, one of those of CheckStep."""
    reason: str
    hint: str = ""
    traceback: str = ""
    """For the model's owner, never for callers."""


WorkerReport = WorkerServing | WorkerUsed | WorkerRefused | WorkerOutOfMemory | CheckStep | CheckPassed | WorkerFailed


class PredictionFault(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of a response frame whose status is not 200."""

    code: str
    """`malformed_request`, `unsupported_media_type`, `invalid_input`, `model_error`, `internal_error` or `overloaded`."""
    detail: str
    hint: str = ""
    errors: list[InputError] = []
    traceback: str = ""
    """For the model's owner: recorded, and taken out of what callers get."""
    retry_after: int | None = None
    """The seconds after which a request that was refused as `overloaded` may be sent again."""


def read_report(value: Any) -> WorkerReport:
    """Convert a JSON value that a worker reported. Raises msgspec.ValidationError.

    From a value and not from bytes: a traceback may hold surrogates, which Python's JSON lets through."""
    report: WorkerReport = msgspec.convert(value, WorkerReport)
    return report
