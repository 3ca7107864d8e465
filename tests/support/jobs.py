"""Jobs over a real database, with a launcher on paper: each turn of the scheduler is taken by the test."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.support.actors import user
from tests.support.stand_in_host import hash_of, lock_of
from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import Unavailable
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.environments import BuildEnvironment, EnvironmentBuilt
from unshelf.contracts.protocols.host import Failed, Progress
from unshelf.contracts.protocols.jobs import (
    AttemptEnd,
    AttemptOrder,
    AttemptOutcome,
    CodeFetched,
    FetchCode,
    FolderPackages,
    JobAttempt,
)
from unshelf.contracts.tiers import TIERS
from unshelf.develop.connections.service import ConnectionService
from unshelf.develop.data.service import DataService
from unshelf.develop.datasets.names import DataNames
from unshelf.develop.datasets.processes import DataProcesses
from unshelf.develop.datasets.search import data_of_jobs
from unshelf.develop.datasets.service import DatasetService
from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.jobs.job import JobOrder
from unshelf.develop.jobs.launcher import Capacity, OutputPart
from unshelf.develop.jobs.scheduling.preparing import QUEUE, EnvironmentPreparation
from unshelf.develop.jobs.scheduling.scheduler import JobScheduler
from unshelf.develop.jobs.scheduling.settling import Settling
from unshelf.develop.jobs.service import JobService
from unshelf.develop.jobs.sources.fetching import CodeFetching
from unshelf.develop.jobs.sources.publishing import QUEUE as OUTPUTS
from unshelf.develop.jobs.sources.publishing import OutputPublishing
from unshelf.develop.jobs.sources.staging import DataStaging
from unshelf.develop.jobs.subjects import JobUsage, job_source
from unshelf.develop.jobs.submission import Submission
from unshelf.develop.jobs.tables import JobRow
from unshelf.develop.jobs.trees import find_readable
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.blob_holds import BlobHolds
from unshelf.foundation.blob_uploads import BlobUploads
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.refusals import RefusalLog
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.host_client import HostRequestFailed
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.loops.metrics import LoopMetrics
from unshelf.foundation.publication import Publisher
from unshelf.foundation.search import kind_of
from unshelf.foundation.subjects import Subjects
from unshelf.foundation.uses.job_mentions import JobMentions
from unshelf.manage.access.holders import Holders
from unshelf.manage.access.roles import Roles
from unshelf.manage.access.service import AccessService
from unshelf.manage.egress.networks import VersionNetworks
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.projects.tables import ProjectRow
from unshelf.manage.quotas.service import QuotaService
from unshelf.manage.tiers.service import TierService
from unshelf.runtime.blobs.files import FileBlobs
from unshelf.runtime.blobs.port import BlobSettings
from unshelf.runtime.sealing import Sealer

CODE = b"print('hello')\n"


class PaperLauncher:
    """Keeps the promises of JobLauncher on paper."""

    def __init__(self, *, cores: float = 2.0) -> None:
        self.cores = cores
        self.orders: list[AttemptOrder] = []
        self.cancelled: list[tuple[str, int]] = []
        self.forgotten: list[tuple[str, int]] = []
        self.finished: list[str] = []
        self.failure: Exception | None = None

    def start(self, order: AttemptOrder) -> None:
        if self.failure is not None:
            raise self.failure
        if (order.job, order.number) not in [(each.job, each.number) for each in self.orders]:
            self.orders.append(order)

    def cancel(self, job: str, number: int) -> None:
        self.cancelled.append((job, number))

    def watch(self) -> Iterator[list[JobAttempt]]:
        raise Unavailable("A test says what is seen.")

    def close(self) -> None:
        """Nothing is heard of it anyway."""

    def output(self, job: str, number: int, offset: int, *, wait_seconds: float) -> OutputPart:
        del job, number, wait_seconds
        return OutputPart(data=b"so far"[offset:], is_over=False)

    def forget(self, attempts: Sequence[tuple[str, int]], jobs: Sequence[str]) -> None:
        self.forgotten += attempts
        self.finished += jobs

    def capacity(self) -> Capacity:
        return Capacity(cores=self.cores, memory_bytes=64 << 30, gpus=0)


class PaperBuilder:
    """The host as far as environments are built."""

    def __init__(self) -> None:
        self.requests: list[BuildEnvironment] = []
        self.failure: Failed | None = None
        self.fetches: list[FetchCode] = []
        self.code: CodeFetched | None = None
        """What repositories have."""

    def fetch_code(self, request: FetchCode, *, watch: Callable[[], None]) -> CodeFetched:
        self.fetches.append(request)
        watch()
        if self.code is None:
            raise HostRequestFailed(
                Failed(id=1, code="invalid_input", detail="it is not there.", hint="Look again.", step="fetch")
            )
        return self.code

    def build_environment(
        self, request: BuildEnvironment, on_progress: Callable[[Progress], None], *, watch: Callable[[], None]
    ) -> EnvironmentBuilt:
        self.requests.append(request)
        on_progress(Progress(id=1, step="build", state="started", detail="one"))
        watch()
        if self.failure is not None:
            raise HostRequestFailed(self.failure)
        lock = request.lock or lock_of(request.requirements)
        return EnvironmentBuilt(
            id=request.id, lock=lock, environment=hash_of(lock), python="3.11.7", built=True, bytes=4096
        )


class Workshop:
    """All that runs jobs, in one process, with people: `ana` and `ben` contribute to `risk`, `vic` sees it, `eve` has another project."""

    def __init__(self, database: Database, folder: Path, *, cores: float = 2.0) -> None:
        self.database = database
        self.blobs = FileBlobs(folder / "blobs")
        self.launcher, self.host = PaperLauncher(cores=cores), PaperBuilder()
        self.events, self.subjects, self.uploads = EventStore(database), Subjects(), BlobUploads(database)
        self.loops = Loops(database, LoopMetrics(folder, 0), owner="test")
        self.environments = EnvironmentService(database)
        self.notifications = NotificationService(database, self.subjects, lambda _: None)
        holders = Holders()
        access = AccessService(database, self.events, Publisher(database, folder), Roles())
        self.quotas = QuotaService(database, self.events, access, holders)
        tiers = TierService(
            database, self.events, TIERS, holders=holders, roles=Roles(), groups_of=lambda _session, _user: []
        )
        self.tiers = tiers
        self.subjects.register(kind_of(job_source(), Permission.JOBS_READ))
        self.uploads.register(find_readable)
        self.holds = BlobHolds(database, self.blobs, self.uploads)
        self.refusals = RefusalLog(database, self.events)
        names = DataNames(database, self.events, self.refusals, self.subjects, lambda _: True)
        processes = DataProcesses(folder)
        settings = BlobSettings(setting="files", folder=folder / "blobs")
        self.datasets = DatasetService(
            database, names, self.blobs, settings, processes, uploads=self.uploads, quotas=self.quotas
        )
        connections = ConnectionService(
            database,
            names,
            processes,
            Sealer(folder / "secrets-key"),
            hosts=[],
            folders=[f"shared={folder / 'shared'}"],
        )
        data = DataService(database, names, self.datasets, connections)
        self.connections, self.data = connections, data
        self.people: dict[str, Actor] = {}
        self.publishing = OutputPublishing(database, self.datasets, self.loops, person_now=self.people.get)
        self.settling = Settling(
            database, self.holds, events=self.events, notifications=self.notifications, environments=self.environments,
            subjects=self.subjects, publishing=self.publishing, refusals=self.refusals,
        )  # fmt: skip
        self.secrets = {"SERVICE_KEY": "hush"}
        networks = VersionNetworks(["git.example.org"], "none")
        code = CodeFetching(
            database,
            self.host,  # type: ignore[arg-type]
            self.holds,
            environments=self.environments,
            networks=networks,
            quotas=self.quotas,
            secrets_of=lambda _: dict(self.secrets),
        )
        self.preparation = EnvironmentPreparation(
            database,
            self.host,
            self.environments,
            self.settling,
            self.loops,  # type: ignore[arg-type]
            code=code,
            data=DataStaging(database, data, self.blobs, self.holds, quotas=self.quotas),
        )
        self.scheduler = JobScheduler(
            database, self.launcher, loops=self.loops, settling=self.settling, preparation=self.preparation,
            publishing=self.publishing, quotas=self.quotas, tiers=TIERS, secrets_of=lambda _model, _project: dict(self.secrets),
        )  # fmt: skip
        self.loops.add(self.scheduler.loop())
        self.quotas.add_usage(JobUsage(TIERS))
        self.submission = Submission(
            database, self.holds, events=self.events, subjects=self.subjects, tiers=tiers,
            environments=self.environments, preparation=self.preparation, data=data,
            networks=networks, quotas=self.quotas, code=code,
            publishing=self.publishing,
        )  # fmt: skip
        self.references = JobMentions()
        self.references.add(data_of_jobs)
        self.service = JobService(
            database, self.blobs, self.launcher, events=self.events, subjects=self.subjects,
            submission=self.submission, scheduler=self.scheduler, settling=self.settling,
            preparation=self.preparation, code=code, references=self.references,
        )  # fmt: skip
        with database.transaction() as session:
            for name in ("risk", "other"):
                session.add(
                    ProjectRow(
                        name=name, title=name, description="", priority="normal", created_at=now(), created_by="ana"
                    )
                )
        self.ana, self.ben = user("ana", risk="contributor"), user("ben", risk="contributor", other="contributor")
        self.people |= {each.id: each for each in (self.ana, self.ben)}
        self.vic, self.eve = user("vic", risk="viewer"), user("eve", other="owner")

    def upload(self, actor: Actor, content: bytes = CODE, path: str = "job.py") -> BundleFile:
        """Upload a file as somebody."""
        digest = hashlib.sha256(content).hexdigest()
        self.blobs.put(digest, [content], limit=len(content))
        self.uploads.note(actor, digest)
        return BundleFile(path=path, sha256=digest, size=len(content))

    def order(self, actor: Actor, **fields: Any) -> JobOrder:
        """An order for a program without packages."""
        usual: dict[str, Any] = {
            "project": "risk", "files": [self.upload(actor)], "command": ["job.py"], "requirements": []
        }  # fmt: skip
        return JobOrder(**usual | fields)

    def submit(self, actor: Actor | None = None, **fields: Any) -> str:
        """Submit a job, and return its id, or that of the first copy."""
        who = actor or self.ana
        return self.service.submit(who, self.order(who, **fields))[0]

    def queued(self, actor: Actor | None = None, **fields: Any) -> str:
        """Submit a job whose environment is there."""
        job = self.submit(actor, **fields)
        self.prepare()
        return job

    def commit(self, name: str, contents: dict[str, bytes], *, packages: FolderPackages | None = None) -> None:
        """Have repositories be at a commit with these files."""
        files = []
        for path, content in contents.items():
            digest = hashlib.sha256(content).hexdigest()
            self.blobs.put(digest, [content], limit=len(content))
            files.append(BundleFile(path=path, sha256=digest, size=len(content)))
        self.host.code = CodeFetched(id=1, commit=name, files=files, packages=packages)

    def prepare(self) -> None:
        """Build the environments that jobs wait for."""
        while (claim := self.loops._claims.take(QUEUE)) is not None:
            self.preparation._work(claim)

    def publish(self) -> None:
        """Have outputs become data."""
        while (claim := self.loops._claims.take(OUTPUTS)) is not None:
            self.publishing._work(claim)

    def turn(self, *seen: JobAttempt) -> None:
        """Have the scheduler see these attempts, and take its turn."""
        self.scheduler._hear(list(seen), is_first=not self.scheduler._is_connected.is_set())
        self.scheduler._turn()

    def end(
        self, job: str, number: int = 1, *, how: AttemptEnd = "exited", status: int | None = 0, **facts: Any
    ) -> None:
        """Have an attempt end, and the scheduler record it."""
        outcome = AttemptOutcome(how=how, status=status, **({"started_at": 1.0, "ended_at": 2.0} | facts))
        self.turn(JobAttempt(job=job, number=number, outcome=outcome))

    def row(self, job: str) -> JobRow:
        """A job as it is stored."""
        with self.database.read() as session:
            return session.get_one(JobRow, job)

    def states(self) -> list[str]:
        """The states of all jobs, the oldest first."""
        with self.database.read() as session:
            return list(session.scalars(select(JobRow.state).order_by(JobRow.id)))
