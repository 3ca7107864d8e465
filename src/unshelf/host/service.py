"""The host's use cases: what each message asks for is done here, for every sender."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from unshelf.contracts.home import Home
from unshelf.contracts.machine import MachineFacts
from unshelf.contracts.metering.usage import Consumer, TakeUsage
from unshelf.contracts.protocols.environments import (
    BuildEnvironment,
    ExportEnvironment,
    GiveLock,
    ListLostLocks,
    LostLocks,
)
from unshelf.contracts.protocols.host import (
    Ack,
    Addresses,
    Awake,
    BundleFiles,
    Delete,
    Deleted,
    Describe,
    Described,
    DescribeSecrets,
    DiagnoseExit,
    ExitDiagnosis,
    FromHost,
    HeldSecrets,
    HoldSecrets,
    InFlight,
    Prepare,
    Refused,
    ReportHang,
    TakeRefusals,
    ToHost,
    Wake,
)  # fmt: skip
from unshelf.contracts.protocols.jobs import (
    AttemptOutput,
    Attempts,
    CancelAttempt,
    FetchCode,
    ForgetAttempts,
    ListRefs,
    ReadAttemptOutput,
    StartAttempt,
    ToAttempts,
    WatchAttempts,
)
from unshelf.host.artifacts.bundles import BundleStore
from unshelf.host.artifacts.environments import EnvironmentStore
from unshelf.host.artifacts.interpreters import Interpreters
from unshelf.host.errors import HostFailure
from unshelf.host.fleet.fleet import Fleet
from unshelf.host.fleet.routing import Routing
from unshelf.host.jobs.attempts import AttemptKeeper
from unshelf.host.jobs.code_fetcher import CodeFetcher
from unshelf.host.launch.network.refusals import Refusals
from unshelf.host.launch.secrets import Secrets
from unshelf.host.machine.facts import describe_machine
from unshelf.host.machine.gpus import Gpus
from unshelf.host.metering.consumers import metered_as
from unshelf.host.metering.meter import UsageMeter
from unshelf.host.packages.uv import Uv
from unshelf.host.prepare.bundling import Bundler
from unshelf.host.prepare.environments import EnvironmentBuilder
from unshelf.host.prepare.export import EnvironmentExporter
from unshelf.host.prepare.prepare import Preparer
from unshelf.host.prepare.remaking import EnvironmentRemaker
from unshelf.host.sandbox.cgroups import CgroupManager
from unshelf.host.sandbox.sandbox import Sandbox, warning_of

logger = logging.getLogger(__name__)

_WITHDRAWAL_SECONDS = 5.0
_WITHDRAWAL_POLL_SECONDS = 0.05


class HostService:
    """Answers messages."""

    def __init__(
        self,
        *,
        home: Home,
        uv: Uv,
        interpreters: Interpreters,
        routing: Routing,
        environments: EnvironmentStore,
        bundles: BundleStore,
        fleet: Fleet,
        preparer: Preparer,
        builder: EnvironmentBuilder,
        bundler: Bundler,
        exporter: EnvironmentExporter,
        gpus: Gpus,
        sandbox: Sandbox,
        groups: CgroupManager,
        secrets: Secrets,
        refusals: Refusals,
        attempts: AttemptKeeper,
        meter: UsageMeter,
        fetcher: CodeFetcher,
        remaker: EnvironmentRemaker,
    ) -> None:
        self._remaker = remaker
        self._home = home
        self._uv = uv
        self._interpreters = interpreters
        self._routing = routing
        self._environments = environments
        self._bundles = bundles
        self._fleet = fleet
        self._preparer = preparer
        self._builder = builder
        self._bundler = bundler
        self._exporter = exporter
        self._gpus = gpus
        self._sandbox = sandbox
        self._groups = groups
        self._secrets = secrets
        self._refusals = refusals
        self._attempts = attempts
        self._meter = meter
        self._fetcher = fetcher

    async def answer(self, request: ToHost, say: Callable[[FromHost], Awaitable[None]]) -> FromHost:
        """The last answer to a request; progress before it goes to `say`. Failures are answers too."""
        try:
            match request:
                case Wake():
                    addresses, how = await self._fleet.wake(
                        request.model, request.version, request.not_address, for_release=request.for_release
                    )
                    return Awake(id=request.id, address=addresses[0], addresses=addresses, how=how)
                case InFlight():
                    return Addresses(id=request.id, served=self._fleet.update_loads(request.gateway, request.loads))
                case DiagnoseExit():
                    limit = await self._fleet.out_of_memory(request.model, request.version, request.address)
                    return ExitDiagnosis(id=request.id, out_of_memory=limit)
                case ReportHang():
                    self._fleet.kill_stuck(request.model, request.version, request.address, request.silent_seconds)
                    return Ack(id=request.id)
                case Prepare():
                    with metered_as(self._build_of(request.actor, request.model)):
                        return await self._preparer.prepare(request, say)
                case BuildEnvironment():
                    with metered_as(self._build_of(request.actor)):
                        return await self._builder.build(request, say)
                case BundleFiles():
                    with metered_as(self._build_of(request.actor)):
                        return await self._bundler.bundle(request, say)
                case TakeUsage():
                    return await self._meter.take(request.id, request.source, request.taken)
                case ListLostLocks() | GiveLock():
                    return self._answer_of_locks(request)
                case ExportEnvironment():
                    return await self._exporter.export(request, say)
                case Describe():
                    return Described(
                        id=request.id,
                        machine=await self._machine(interpreters=request.interpreters) if request.machine else None,
                        replicas=self._fleet.facts(),
                        warning=warning_of(self._sandbox),
                    )
                case HoldSecrets() | DescribeSecrets():
                    return await self._answer_of_secrets(request)
                case TakeRefusals():
                    return Refused(id=request.id, connections=self._refusals.take())
                case Delete():
                    await self._forget(request)
                    return Deleted(id=request.id)
                case StartAttempt() | CancelAttempt() | WatchAttempts() | ReadAttemptOutput() | ForgetAttempts():
                    return await self._answer_of_jobs(request, say)
                case FetchCode() | ListRefs():
                    return await self._answer_of_code(request)
        except HostFailure as failure:
            return failure.answer(request.id)
        except Exception as error:  # one request's fault must not take the others down; the log has the traceback
            logger.exception("request failed", extra={"request": type(request).__name__})
            return HostFailure(
                "internal_error",
                f"the host could not do it: {type(error).__name__}: {error}",
                hint="The server's log has more; `unshelf doctor` shows what this machine lacks.",
            ).answer(request.id)

    def _build_of(self, actor: str, model: str = "") -> Consumer:
        project = self._routing.project_of(model) if model else ""
        return Consumer(kind="build", project=project, model=model, actor=actor)

    async def _answer_of_secrets(self, request: HoldSecrets | DescribeSecrets) -> FromHost:
        if isinstance(request, DescribeSecrets):
            return HeldSecrets(id=request.id, revisions=self._secrets.revisions())
        await self._secrets.hold(request.model, request.revision, request.values)
        return Ack(id=request.id)

    def _answer_of_locks(self, request: ListLostLocks | GiveLock) -> FromHost:
        if isinstance(request, ListLostLocks):
            return LostLocks(id=request.id, environments=self._remaker.lost_locks())
        self._remaker.give_lock(request.environment, request.lock, request.python)
        return Ack(id=request.id)

    async def _answer_of_code(self, request: FetchCode | ListRefs) -> FromHost:
        with metered_as(self._build_of(request.actor)):
            if isinstance(request, FetchCode):
                return await self._fetcher.fetch(request)
            return await self._fetcher.refs(request)

    async def _answer_of_jobs(self, request: ToAttempts, say: Callable[[FromHost], Awaitable[None]]) -> FromHost:
        match request:
            case StartAttempt():
                await self._attempts.start(request.order)
            case CancelAttempt():
                self._attempts.cancel(request.job, request.number)
            case WatchAttempts():
                async for changed in self._attempts.watch():
                    await say(Attempts(id=request.id, attempts=changed))
            case ReadAttemptOutput():
                data, is_over = await self._attempts.output(
                    request.job, request.number, request.offset, request.most_bytes, request.wait_seconds
                )
                return AttemptOutput(id=request.id, data=data, is_over=is_over)
            case ForgetAttempts():
                await self._attempts.forget(request.attempts, request.jobs)
        return Ack(id=request.id)

    async def _machine(self, *, interpreters: bool) -> MachineFacts:
        facts = await describe_machine(
            self._home.folder, self._interpreters, self._uv, self._gpus,
            sandbox=self._sandbox, controllers=self._groups.controllers, with_interpreters=interpreters,
        )  # fmt: skip
        return msgspec.structs.replace(facts, checks=[*facts.checks, self._remaker.check()])

    async def _forget(self, request: Delete) -> None:
        bundles = [digest for digest in request.bundles if await self._is_withdrawn(bundle=digest)]
        environments = [name for name in request.environments if await self._is_withdrawn(environment=name)]
        await self._fleet.wait_until_unused(bundles=bundles, environments=environments)
        for digest in bundles:
            await self._bundles.forget(digest)
        for name in environments:
            await self._environments.forget(name)

    async def _is_withdrawn(self, *, bundle: str = "", environment: str = "") -> bool:
        """Whether no version has it any more; waits a little for a publication that is on its way."""
        for _ in range(int(_WITHDRAWAL_SECONDS / _WITHDRAWAL_POLL_SECONDS)):
            await self._routing.catch_up()
            if not self._routing.references(bundle=bundle, environment=environment):
                return True
            await asyncio.sleep(_WITHDRAWAL_POLL_SECONDS)
        logger.error(
            "asked to delete what the routing table still has", extra={"bundle": bundle, "environment": environment}
        )
        return False
