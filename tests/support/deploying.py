"""The services of the deploy wing, put together without the API, its loops and its processes."""

import hashlib
from pathlib import Path

import msgspec

from tests.support.actors import actor
from tests.support.quotas import quotas_over, tiers_over
from tests.support.stand_in_host import SIGNATURE
from unshelf.contracts.bundle import BundleFile, Checks, Loader, Manifest, Resources, Scaling
from unshelf.contracts.tiers import TIERS
from unshelf.deploy.bundles.service import BundleService
from unshelf.deploy.bundles.uploads import UploadService
from unshelf.deploy.data_uses.service import DataUseService
from unshelf.deploy.deploys.uploaded import UploadedFiles
from unshelf.deploy.registry.pausing import PauseService
from unshelf.deploy.registry.places import ModelPlaces
from unshelf.deploy.registry.routing import ModelRoutes, WarmList
from unshelf.deploy.registry.service import RegistryService
from unshelf.deploy.releases.ledger import ReleaseLedger
from unshelf.deploy.releases.service import ReleaseService
from unshelf.deploy.usage.files import VersionFiles
from unshelf.deploy.usage.replicas import ReplicaUsage
from unshelf.develop.connections.service import ConnectionService
from unshelf.develop.data.service import DataService
from unshelf.develop.datasets.names import DataNames
from unshelf.develop.datasets.processes import DataProcesses
from unshelf.develop.datasets.service import DatasetService
from unshelf.develop.datasets.usage import DatasetFiles
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.blob_holds import BlobHolds
from unshelf.foundation.blob_uploads import BlobUploads
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.refusals import RefusalLog
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.host_client import HostLink
from unshelf.foundation.publication import Publisher
from unshelf.foundation.subjects import Subjects
from unshelf.manage.access.roles import Roles
from unshelf.manage.access.service import AccessService
from unshelf.manage.audit.service import AuditService
from unshelf.manage.egress.networks import VersionNetworks
from unshelf.manage.projects.service import ProjectService
from unshelf.manage.projects.tables import ProjectRow
from unshelf.manage.secrets.service import SecretService
from unshelf.manage.usage.prices import PriceService
from unshelf.runtime.blobs.files import FileBlobs
from unshelf.runtime.blobs.port import BlobSettings
from unshelf.runtime.sealing import Sealer

ANA = actor(id="k1", name="ana")
"""Who does everything in these tests."""
LOCK = 'lock-version = "1.0"\n[[packages]]\nname = "numpy"\nversion = "2.0"\n'


def add_default_project(database: Database) -> None:
    """What a migration does: these tests make their tables without them."""
    with database.transaction() as session:
        session.add(
            ProjectRow(
                name="default", title="Default", description="", priority="normal", created_at=now(),
                created_by="system",
            )
        )  # fmt: skip


def _made_database(folder: Path) -> Database:
    made = SqliteDatabase(f"sqlite:///{folder}/test.db")
    Base.metadata.create_all(made.engine)
    add_default_project(made)
    return made


class Deploying:
    """Services over a folder of their own."""

    def __init__(self, folder: Path, database: Database | None = None) -> None:
        """`database`: one that is migrated; unless given, one of its own."""
        self.folder = folder
        self.host_socket = folder / "host.sock"
        self.database: Database = database or _made_database(folder)
        self.host = HostLink(self.host_socket)
        self.publisher = Publisher(self.database, folder)
        self.events = EventStore(self.database)
        self.access = AccessService(self.database, self.events, self.publisher, Roles())
        self.projects = ProjectService(self.database, self.events, self.publisher, self.access)
        self.audit = AuditService(self.database, self.events)
        self.blobs = FileBlobs(folder / "blobs")
        self.environments = EnvironmentService(self.database)
        self.uploads = BlobUploads(self.database)
        self.bundles = BundleService(self.database, self.blobs, self.environments, self.host, uploads=self.uploads)
        self.ledger = ReleaseLedger()
        self._limit()
        self.secrets = SecretService(
            self.database, self.publisher, self.audit, self.host, Sealer(folder / "secrets-key")
        )
        self.networks = VersionNetworks(["*", "full"], "full")
        self.prices = PriceService(self.database, self.events, "EUR")
        self.routes = ModelRoutes(
            self.bundles, self.ledger, self.secrets, self.networks, self.quotas, prices=self.prices
        )  # fmt: skip
        self.warm = WarmList()
        self.publisher.contribute("models", self.routes.names, self.routes.build)
        self.publisher.contribute("warm", self.warm.names, self.warm.build)
        self.subjects = Subjects()
        self.registry = RegistryService(
            database=self.database, publisher=self.publisher, audit=self.audit, environments=self.environments,
            bundles=self.bundles, releases=self.ledger, secrets=self.secrets, access=self.access, subjects=self.subjects,
            networks=self.networks, host=self.host,
        )  # fmt: skip
        self.secrets.serve_only(self.registry.present_among)
        names = DataNames(
            self.database, self.events, RefusalLog(self.database, self.events), self.subjects, self.projects.is_open
        )
        settings = BlobSettings(setting="files", folder=folder / "blobs", s3_endpoint="")
        processes = DataProcesses(folder)
        self.datasets = DatasetService(
            self.database, names, self.blobs, settings, processes, uploads=self.uploads, quotas=self.quotas
        )
        sealer = Sealer(folder / "secrets-key")
        connections = ConnectionService(self.database, names, processes, sealer, hosts=[], folders=[])
        data = DataService(self.database, names, self.datasets, connections)
        self.files = UploadedFiles(
            self.database, holds=BlobHolds(self.database, self.blobs, self.uploads), uploads=self.upload_service,
            environments=self.environments, tiers=self.tiers, host=self.host,
        )  # fmt: skip
        self.data_uses = DataUseService(self.database, self.datasets, data, self.subjects)
        self.places = ModelPlaces(self.database, self.events, self.publisher, self.secrets, self.quotas)
        self.pausing = PauseService(self.database, self.publisher, self.audit, self.quotas)
        self.releases = ReleaseService(
            database=self.database, publisher=self.publisher, audit=self.audit, registry=self.registry,
            ledger=self.ledger, quotas=self.quotas, tiers=self.tiers, host=self.host,
        )  # fmt: skip

    def _limit(self) -> None:
        """Put together what holds deploys to quotas and tiers; nothing is limited before a test says so."""
        self.quotas = quotas_over(self.database, self.access)
        self.tiers = tiers_over(self.database, self.access)
        self.upload_service = self.upload_service_of(1 << 20)
        self.usage = ReplicaUsage(self.bundles, self.ledger, TIERS)
        self.quotas.add_usage(self.usage)
        for files in (VersionFiles(), DatasetFiles(), self.upload_service):
            self.quotas.add_disk(files)

    def upload_service_of(self, max_bytes: int) -> UploadService:
        """A service that takes files of so many bytes."""
        return UploadService(self.database, self.blobs, self.uploads, quotas=self.quotas, max_bytes=max_bytes)

    def upload(self, content: bytes) -> str:
        """Store a file, as ANA does it; its digest."""
        digest = hashlib.sha256(content).hexdigest()
        self.blobs.put(digest, [content], limit=1 << 20)
        self.uploads.note(ANA, digest)
        return digest

    def manifest(self, *contents: bytes) -> Manifest:
        """A manifest of these files, which are stored."""
        files = [
            BundleFile(path=f"{number}.bin", sha256=self.upload(content), size=len(content))
            for number, content in enumerate(contents)
        ]
        return Manifest(loader=Loader(kind="python"), files=files, python="3.11")

    def register(
        self, name: str, content: bytes = b"model", *, environment: str | None = "e1", fork_safe: bool = False,
        project: str = "default", tier: str = "small", scaling: Scaling | None = None,
        job: str | None = None,
    ) -> int:  # fmt: skip
        """Register the next version of a model, as a deploy does it; its number."""
        checks = Checks(
            python="3.11.7", load_seconds=0.1, memory_bytes=1 << 20, batchable=True, batch_rows=64, signature=SIGNATURE,
            fork_safe=fork_safe, modules=[f"module_of_{environment}", "json"],
        )  # fmt: skip
        manifest = msgspec.structs.replace(
            self.manifest(content), resources=Resources(tier=tier), scaling=scaling or Scaling()
        )
        with self.bundles.claim(ANA, manifest, "deploy/test") as session:
            number = self.registry.register(
                session,
                name,
                project=project,
                bundle=manifest.digest,
                environment=environment,
                lock=LOCK,
                checks=checks,
                actor=ANA,
                job=job,
            )
            self.bundles.let_go(session, ["deploy/test"])
        return number

    def stored(self) -> set[str]:
        """The digests of all files that are kept."""
        return {digest for digest, _ in self.blobs.stored()}

    def actions(self) -> list[str]:
        """What was done, oldest first."""
        return [event.action for event in reversed(self.audit.find(limit=100).items)]
