"""Parts of the wing develop."""

from collections.abc import Callable
from dataclasses import dataclass

from unshelf.contracts.permissions import Permission
from unshelf.develop.connections.service import ConnectionService
from unshelf.develop.data import routes as data_routes
from unshelf.develop.data.service import DataService
from unshelf.develop.datasets.names import DataNames
from unshelf.develop.datasets.processes import DataProcesses
from unshelf.develop.datasets.search import data_of_jobs, data_sources
from unshelf.develop.datasets.service import DatasetService
from unshelf.develop.datasets.usage import DatasetFiles
from unshelf.develop.environments import routes as environments_routes
from unshelf.develop.environments.build_work import BuildTools
from unshelf.develop.environments.builds import BuildService
from unshelf.develop.environments.details import EnvironmentDetails
from unshelf.develop.environments.lost_locks import LockRecovery
from unshelf.develop.environments.named import NamedEnvironmentService
from unshelf.develop.environments.names import NamedEnvironmentFiles, named_sources
from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.jobs import routes as jobs_routes
from unshelf.develop.jobs.again import JobsAgain
from unshelf.develop.jobs.local_launcher import LocalLauncher
from unshelf.develop.jobs.scheduling.preparing import EnvironmentPreparation
from unshelf.develop.jobs.scheduling.pruning import JobPruning
from unshelf.develop.jobs.scheduling.scheduler import JobScheduler
from unshelf.develop.jobs.scheduling.settling import Settling
from unshelf.develop.jobs.service import JobService
from unshelf.develop.jobs.sources.fetching import CodeFetching
from unshelf.develop.jobs.sources.publishing import OutputPublishing
from unshelf.develop.jobs.sources.staging import DataStaging
from unshelf.develop.jobs.subjects import JobFiles, JobUsage, job_source
from unshelf.develop.jobs.submission import Submission
from unshelf.develop.jobs.trees import find_readable
from unshelf.develop.jobs.uses import JobUses
from unshelf.develop.pipelines import routes as pipelines_routes
from unshelf.develop.pipelines.code import find_readable as find_pipeline_code
from unshelf.develop.pipelines.function_steps import FunctionSteps
from unshelf.develop.pipelines.platform_steps import PlatformSteps
from unshelf.develop.pipelines.running import PipelineRunning
from unshelf.develop.pipelines.runs import PipelineRuns, PipelinesAgain
from unshelf.develop.pipelines.search import pipeline_source, prune_runs, run_source, runs_of_jobs
from unshelf.develop.pipelines.service import PipelineService
from unshelf.develop.schedules import routes as schedules_routes
from unshelf.develop.schedules.search import schedule_source, schedules_of_jobs
from unshelf.develop.schedules.service import ScheduleService
from unshelf.develop.starting.starters import Starters
from unshelf.develop.sweeps import routes as sweeps_routes
from unshelf.develop.sweeps.search import prune_sweeps, sweep_source, sweeps_of_jobs
from unshelf.develop.sweeps.service import SweepService
from unshelf.develop.triggers import routes as triggers_routes
from unshelf.develop.triggers.search import trigger_source, triggers_of_jobs
from unshelf.develop.triggers.service import TriggerService
from unshelf.foundation.blob_holds import BlobHolds
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.egress.networks import VersionNetworks
from unshelf.runtime.blobs.port import BlobSettings
from unshelf.runtime.sealing import Sealer
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.manage import ManageParts


@dataclass(frozen=True, kw_only=True)
class DevelopParts:
    """Parts of the wing develop."""

    environments: EnvironmentService
    details: EnvironmentDetails
    """Shows environments; capabilities whose things run in some register with it."""
    datasets: DatasetService
    connections: ConnectionService
    data: DataService
    jobs: JobService
    starters: Starters
    """Things that can be started again; capabilities of other wings register theirs."""
    scheduler: JobScheduler
    platform_steps: PlatformSteps
    """Carries out steps of pipelines that are no jobs; the wing whose act it is registers each kind."""
    prune: Callable[[], None]
    """Lets go of what ended jobs were kept with for a while."""
    loops: list[PeriodicLoop]
    routers: list[ApiRouter]

    def start(self) -> None:
        """Seal what is kept with the present key, and begin to hear of jobs."""
        self.connections.reseal()
        self.scheduler.start()


@dataclass(frozen=True, kw_only=True)
class JobParts:
    """Parts that run jobs."""

    service: JobService
    scheduler: JobScheduler
    settling: Settling


def build_develop(base: BaseParts, manage: ManageParts) -> DevelopParts:
    """Build the parts of the wing develop."""
    environments, details, environments_router = _build_environments(base, manage)
    names = DataNames(base.database, base.events, base.refusals, base.subjects, manage.projects.is_open)
    for source in data_sources():
        base.search_sources.register(source)
    settings = BlobSettings(setting=base.config.blobs, folder=base.home.blobs, s3_endpoint=base.config.s3_endpoint)
    processes = DataProcesses(base.home.run)
    datasets = DatasetService(
        base.database, names, base.blobs, settings, processes, uploads=base.uploads, quotas=manage.quotas.service
    )
    manage.quotas.service.add_disk(DatasetFiles())
    base.job_mentions.add(data_of_jobs)
    connections = ConnectionService(
        base.database, names, processes, Sealer(base.home.secrets_key), hosts=base.config.data_hosts,
        folders=base.config.data_folders,
    )  # fmt: skip
    data = DataService(base.database, names, datasets, connections)
    jobs = _build_jobs(base, manage, environments, data, datasets)
    details.add_uses(JobUses())
    again, starters = JobsAgain(base.database, jobs.service), Starters(manage.people.identity.person_now)
    starters.register("job", again)
    loops, starting = _build_starting(base, manage, again, starters)
    pipelines = _build_pipelines(
        base, manage, environments=environments, data=data, jobs=jobs.service, again=again, starters=starters
    )
    routers = [
        environments_router, data_routes.router(data, datasets, connections), jobs_routes.router(jobs.service),
        jobs_routes.repositories_router(jobs.service),
        jobs_routes.leftovers_router(jobs.service),
    ]  # fmt: skip
    return DevelopParts(
        environments=environments, details=details, datasets=datasets, connections=connections, data=data,
        jobs=jobs.service, starters=starters, scheduler=jobs.scheduler, prune=_pruning(base, environments, jobs),
        loops=[*loops, pipelines.loop],
        routers=[*routers, *starting, pipelines.router], platform_steps=pipelines.platform_steps,
    )  # fmt: skip


def _build_environments(
    base: BaseParts, manage: ManageParts
) -> tuple[EnvironmentService, EnvironmentDetails, ApiRouter]:
    people = manage.people
    environments = EnvironmentService(
        base.database, groups_of=lambda session, user: people.actors.groups_among(session, [user])[user]
    )
    of_projects, curated = named_sources()
    base.add_kind(of_projects, Permission.ENVIRONMENTS_READ)
    base.add_kind(curated, Permission.ENVIRONMENTS_READ, anywhere=True)
    named = NamedEnvironmentService(base.database, base.events, base.subjects, environments, manage.holders)
    details = EnvironmentDetails(base.database, environments, base.host)
    tools = BuildTools(
        database=base.database,
        events=base.events,
        environments=environments,
        host=base.host,
        quotas=manage.quotas.service,
    )
    manage.quotas.service.add_disk(NamedEnvironmentFiles())
    builds = BuildService(tools, base.loops)
    base.loops.add(LockRecovery(base.database, base.host).loop())
    people.users.on_end(lambda session, user: builds.cancel_all(session, user.id, f"the end of {user.name}'s account"))
    return environments, details, environments_routes.router(environments, named, details, builds)


def _build_jobs(
    base: BaseParts, manage: ManageParts, environments: EnvironmentService, data: DataService, datasets: DatasetService
) -> JobParts:
    """Build what runs jobs: as processes of this machine."""
    config, database, quotas = base.config, base.database, manage.quotas
    launcher = LocalLauncher(base.host, cores=config.job_cores, memory_bytes=config.job_memory_bytes)
    holds = BlobHolds(database, base.blobs, base.uploads)
    publishing = OutputPublishing(database, datasets, base.loops, person_now=manage.people.identity.person_now)
    settling = Settling(
        database, holds, events=base.events, notifications=manage.notifications.service, environments=environments,
        subjects=base.subjects, publishing=publishing, refusals=base.refusals,
    )  # fmt: skip
    networks = VersionNetworks(config.egress_allow, config.network_default)

    def secrets_of(project: str) -> dict[str, str]:
        return manage.secrets.values("", project)

    code = CodeFetching(
        database, base.host, holds, environments=environments, networks=networks, quotas=quotas.service,
        secrets_of=secrets_of,
    )  # fmt: skip
    staging = DataStaging(database, data, base.blobs, holds, quotas=quotas.service)
    preparation = EnvironmentPreparation(
        database, base.host, environments, settling, base.loops, code=code, data=staging
    )
    scheduler = JobScheduler(
        database, launcher, loops=base.loops, settling=settling, preparation=preparation, publishing=publishing,
        quotas=quotas.service,
        tiers=config.tiers, secrets_of=manage.secrets.values,
    )  # fmt: skip
    base.loops.add(scheduler.loop())
    submission = Submission(
        database, holds, events=base.events, subjects=base.subjects, tiers=quotas.tiers, environments=environments,
        preparation=preparation, data=data, networks=networks, quotas=quotas.service,
        code=code, publishing=publishing,
    )  # fmt: skip
    service = JobService(
        database, base.blobs, launcher, events=base.events, subjects=base.subjects, submission=submission,
        scheduler=scheduler, settling=settling, preparation=preparation, code=code, references=base.job_mentions,
    )  # fmt: skip
    usage = JobUsage(config.tiers)
    quotas.service.add_usage(usage)
    quotas.service.add_disk(JobFiles())
    quotas.expiry.add_uses(usage)
    quotas.tiers.queues = service.queues
    base.add_kind(job_source(), Permission.JOBS_READ)
    base.uploads.register(find_readable)
    manage.people.users.on_end(lambda session, user: service.cancel_all(session, user.id, _end_of(user.name)))
    return JobParts(service=service, scheduler=scheduler, settling=settling)


def _build_starting(
    base: BaseParts, manage: ManageParts, again: JobsAgain, starters: Starters
) -> tuple[list[PeriodicLoop], list[ApiRouter]]:
    """Build what starts jobs again: sweeps, schedules and triggers; returns their loops and routes."""
    notifications, person_now = manage.notifications.service, manage.people.identity.person_now
    sweeps = SweepService(base.database, base.events, notifications, person_now=person_now, jobs=again)
    schedules = ScheduleService(base.database, base.events, notifications, starters)
    triggers = TriggerService(base.database, base.events, notifications, starters=starters, person_now=person_now)
    for find in (sweeps_of_jobs, schedules_of_jobs, triggers_of_jobs):
        base.job_mentions.add(find)
    for source in (sweep_source(), schedule_source(), trigger_source()):
        base.add_kind(source, Permission.JOBS_READ)
    manage.people.users.on_end(lambda session, user: schedules.pause_all(session, user.id, _ownerless(user.name)))
    manage.people.users.on_end(lambda session, user: triggers.pause_all(session, user.id, _ownerless(user.name)))
    routers = [sweeps_routes.router(sweeps), schedules_routes.router(schedules), triggers_routes.router(triggers)]
    return [sweeps.loop(), schedules.loop(), triggers.loop()], routers


@dataclass(frozen=True, kw_only=True)
class PipelineParts:
    """Parts that run pipelines."""

    platform_steps: PlatformSteps
    loop: PeriodicLoop
    router: ApiRouter


def _build_pipelines(
    base: BaseParts, manage: ManageParts, *, environments: EnvironmentService, data: DataService, jobs: JobService,
    again: JobsAgain, starters: Starters,
) -> PipelineParts:  # fmt: skip
    """Build what keeps and runs pipelines."""
    database, events, subjects = base.database, base.events, base.subjects
    base.uploads.register(find_pipeline_code)
    base.job_mentions.add(runs_of_jobs)
    for source in (pipeline_source(), run_source()):
        base.add_kind(source, Permission.JOBS_READ)
    steps = PlatformSteps(database, base.loops)
    functions = FunctionSteps(database, base.blobs, jobs=jobs, again=again, environments=environments, data=data)
    running = PipelineRunning(
        database, events, subjects, manage.notifications.service, person_now=manage.people.identity.person_now,
        functions=functions, platform=steps,
    )  # fmt: skip
    pipelines = PipelineService(
        database, events, subjects, holds=BlobHolds(database, base.blobs, base.uploads), quotas=manage.quotas.service
    )
    runs = PipelineRuns(database, events, subjects, data=data, running=running)
    starters.register("pipeline", PipelinesAgain(database, runs))
    return PipelineParts(platform_steps=steps, loop=running.loop(), router=pipelines_routes.router(pipelines, runs))


def _pruning(base: BaseParts, environments: EnvironmentService, jobs: JobParts) -> Callable[[], None]:
    """Return what lets go of what ended jobs were kept with for a while, and at last of the jobs."""
    database, references, subjects = base.database, base.job_mentions, base.subjects
    pruning = JobPruning(
        database, environments=environments, references=references, subjects=subjects,
        prune_groups=[
            lambda before: prune_sweeps(
                database, subjects, lambda session, those: references.outside(session, those, "sweep"), before
            ),
            lambda before: prune_runs(
                database, subjects, lambda session, those: references.outside(session, those, "pipeline run"), before
            ),
        ],
    )  # fmt: skip

    def prune() -> None:
        jobs.settling.prune()
        jobs.scheduler.prune()
        pruning.prune(base.config.job_days)

    return prune


def _end_of(name: str) -> str:
    return f"the end of {name}'s account"


def _ownerless(name: str) -> str:
    return f"{name}'s account has ended, and it needs somebody's rights: who resumes it takes it over."
