"""Parts of the wing develop."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter

from unshelf.contracts.permissions import Permission
from unshelf.develop.connections.service import ConnectionService
from unshelf.develop.data import routes as data_routes
from unshelf.develop.data.service import DataService
from unshelf.develop.datasets.names import DataNames
from unshelf.develop.datasets.processes import DataProcesses
from unshelf.develop.datasets.search import data_sources
from unshelf.develop.datasets.service import DatasetService
from unshelf.develop.datasets.usage import DatasetFiles
from unshelf.develop.environments import routes as environments_routes
from unshelf.develop.environments.build_work import BuildTools
from unshelf.develop.environments.builds import BuildService
from unshelf.develop.environments.details import EnvironmentDetails
from unshelf.develop.environments.named import NamedEnvironmentService
from unshelf.develop.environments.names import named_sources
from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.jobs import routes as jobs_routes
from unshelf.develop.jobs.again import JobsAgain
from unshelf.develop.jobs.local_launcher import LocalLauncher
from unshelf.develop.jobs.scheduling.preparing import EnvironmentPreparation
from unshelf.develop.jobs.scheduling.scheduler import JobScheduler
from unshelf.develop.jobs.scheduling.settling import Settling
from unshelf.develop.jobs.service import JobService
from unshelf.develop.jobs.subjects import JobFiles, JobUsage, job_source
from unshelf.develop.jobs.submission import Submission
from unshelf.develop.jobs.trees import find_readable
from unshelf.develop.jobs.uses import JobUses
from unshelf.develop.schedules import routes as schedules_routes
from unshelf.develop.schedules.search import schedule_source
from unshelf.develop.schedules.service import ScheduleService
from unshelf.develop.starting.starters import Starters
from unshelf.develop.sweeps import routes as sweeps_routes
from unshelf.develop.sweeps.search import sweep_source
from unshelf.develop.sweeps.service import SweepService
from unshelf.develop.triggers import routes as triggers_routes
from unshelf.develop.triggers.search import trigger_source
from unshelf.develop.triggers.service import TriggerService
from unshelf.foundation.blob_holds import BlobHolds
from unshelf.foundation.loops.loops import PeriodicLoop
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
    scheduler: JobScheduler
    prune: Callable[[], None]
    """Lets go of what ended jobs were kept with for a while."""
    loops: list[PeriodicLoop]
    routers: list[APIRouter]

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
    connections = ConnectionService(
        base.database, names, processes, Sealer(base.home.secrets_key), hosts=base.config.data_hosts,
        folders=base.config.data_folders,
    )  # fmt: skip
    data = DataService(base.database, names, datasets, connections)
    jobs = _build_jobs(base, manage, environments, data)
    details.add_uses(JobUses())
    loops, starting = _build_starting(base, manage, jobs.service)
    routers = [
        environments_router, data_routes.router(data, datasets, connections), jobs_routes.router(jobs.service),
        jobs_routes.leftovers_router(jobs.service),
    ]  # fmt: skip
    return DevelopParts(
        environments=environments, details=details, datasets=datasets, connections=connections, data=data,
        scheduler=jobs.scheduler, prune=jobs.settling.prune, loops=loops, routers=[*routers, *starting],
    )  # fmt: skip


def _build_environments(
    base: BaseParts, manage: ManageParts
) -> tuple[EnvironmentService, EnvironmentDetails, APIRouter]:
    people = manage.people
    environments = EnvironmentService(
        base.database, groups_of=lambda session, user: people.actors.groups_among(session, [user])[user]
    )
    of_projects, curated = named_sources()
    base.add_kind(of_projects, Permission.ENVIRONMENTS_READ)
    base.add_kind(curated, Permission.ENVIRONMENTS_READ, anywhere=True)
    named = NamedEnvironmentService(base.database, base.events, base.subjects, environments, manage.holders)
    details = EnvironmentDetails(base.database, environments, base.host)
    tools = BuildTools(database=base.database, events=base.events, environments=environments, host=base.host)
    builds = BuildService(tools, base.loops)
    people.users.on_end(lambda session, user: builds.cancel_all(session, user.id, f"the end of {user.name}'s account"))
    return environments, details, environments_routes.router(environments, named, details, builds)


def _build_jobs(base: BaseParts, manage: ManageParts, environments: EnvironmentService, data: DataService) -> JobParts:
    """Build what runs jobs: as processes of this machine."""
    config, database, quotas = base.config, base.database, manage.quotas
    launcher = LocalLauncher(base.host, cores=config.job_cores, memory_bytes=config.job_memory_bytes)
    holds = BlobHolds(database, base.blobs, base.uploads)
    settling = Settling(
        database, holds, events=base.events, notifications=manage.notifications.service, environments=environments,
        subjects=base.subjects,
    )  # fmt: skip
    preparation = EnvironmentPreparation(database, base.host, environments, settling, base.loops)
    scheduler = JobScheduler(
        database, launcher, loops=base.loops, settling=settling, preparation=preparation, quotas=quotas.service,
        tiers=config.tiers, secrets_of=lambda project: manage.secrets.values("", project),
    )  # fmt: skip
    base.loops.add(scheduler.loop())
    submission = Submission(
        database, holds, events=base.events, subjects=base.subjects, tiers=quotas.tiers, environments=environments,
        preparation=preparation, data=data, networks=VersionNetworks(config.egress_allow, config.network_default),
        quotas=quotas.service,
    )  # fmt: skip
    service = JobService(
        database, base.blobs, launcher, events=base.events, subjects=base.subjects, submission=submission,
        scheduler=scheduler, settling=settling, preparation=preparation,
    )  # fmt: skip
    usage = JobUsage(config.tiers)
    quotas.service.add_usage(usage)
    quotas.service.add_disk(JobFiles())
    quotas.expiry.add_uses(usage)
    quotas.tiers.queues = service.queues
    base.add_kind(job_source(), Permission.JOBS_READ)
    base.uploads.register(find_readable)
    return JobParts(service=service, scheduler=scheduler, settling=settling)


def _build_starting(
    base: BaseParts, manage: ManageParts, jobs: JobService
) -> tuple[list[PeriodicLoop], list[APIRouter]]:
    """Build what starts jobs again: sweeps, schedules and triggers; returns their loops and routes."""
    notifications, person_now = manage.notifications.service, manage.people.identity.person_now
    again, starters = JobsAgain(base.database, jobs), Starters(person_now)
    starters.register("job", again)
    sweeps = SweepService(base.database, base.events, notifications, person_now=person_now, jobs=again)
    schedules = ScheduleService(base.database, base.events, notifications, starters)
    triggers = TriggerService(base.database, base.events, notifications, starters=starters, person_now=person_now)
    for source in (sweep_source(), schedule_source(), trigger_source()):
        base.add_kind(source, Permission.JOBS_READ)
    routers = [sweeps_routes.router(sweeps), schedules_routes.router(schedules), triggers_routes.router(triggers)]
    return [sweeps.loop(), schedules.loop(), triggers.loop()], routers
