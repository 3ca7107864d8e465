"""Parts that every wing uses."""

import socket
from dataclasses import dataclass
from pathlib import Path

from unshelf.contracts.configs import ControlConfig
from unshelf.contracts.home import HOST_SOCKET, Home
from unshelf.contracts.permissions import Permission
from unshelf.foundation.blob_uploads import BlobUploads
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.events.refusals import RefusalLog
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.events.writer import EventWriter
from unshelf.foundation.host_client import HostLink
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.loops.metrics import LoopMetrics
from unshelf.foundation.publication import Publisher
from unshelf.foundation.search import SearchSource, SearchSources, kind_of
from unshelf.foundation.subjects import Subjects
from unshelf.foundation.uses.job_mentions import JobMentions
from unshelf.manage.audit.service import AuditService
from unshelf.manage.audit.signing import HeadSigner
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.loop_alerts import LoopAlerts
from unshelf.records.archive.files import Archive, open_archive
from unshelf.records.ledger.closing import RecordsLedger
from unshelf.records.ledger.verification import FilesVerifier
from unshelf.runtime.blobs.backends import open_blobs
from unshelf.runtime.blobs.port import Blobs, BlobSettings
from unshelf.server.backends import load_backend

_LEASE_SECONDS = 30.0
"""Seconds after which another control takes over the work of one that died."""
_LEASE_SECONDS_ALONE = 300.0
"""The same for a single control, which no other takes over from: an idle platform writes little."""


@dataclass(frozen=True, kw_only=True)
class BaseParts:
    """Parts that every wing uses."""

    config: ControlConfig
    home: Home
    database: Database
    blobs: Blobs
    uploads: BlobUploads
    host: HostLink
    publisher: Publisher
    events: EventStore
    refusals: RefusalLog
    event_writer: EventWriter
    audit: AuditService
    archive: Archive
    ledger: RecordsLedger
    subjects: Subjects
    search_sources: SearchSources
    job_mentions: JobMentions
    """Everything that names jobs; each capability that does adds what it has."""
    alerts: AlertService
    loops: Loops

    def add_kind(self, source: SearchSource, permission: Permission, *, anywhere: bool = False) -> None:
        """Have subjects of a kind found, tagged, commented on and watched by those with the permission."""
        self.subjects.register(kind_of(source, permission, anywhere=anywhere))
        self.search_sources.register(source)


def build_base(config: ControlConfig) -> BaseParts:
    """Open the database and the blobs that the configuration chooses, and build what stands on them."""
    home = Home(Path(config.home))
    database = open_database(config.database, home.folder)
    blobs = open_blobs(BlobSettings(setting=config.blobs, folder=home.blobs, s3_endpoint=config.s3_endpoint))
    blobs.check()
    events = EventStore(database)
    refusals = RefusalLog(database, events)
    subjects, sources = Subjects(), SearchSources()
    alerts = AlertService(database, events, subjects)
    archive = open_archive(home.predictions, setting=config.predictions, s3_endpoint=config.s3_endpoint)
    if archive.remote is not None:
        archive.remote.check()
    signer = HeadSigner(Path(config.audit.key)) if config.audit.key else None
    metrics = LoopMetrics(home.metrics, config.index, observer=LoopAlerts(alerts))
    lease = _LEASE_SECONDS if config.controls > 1 else _LEASE_SECONDS_ALONE
    return BaseParts(
        config=config,
        home=home,
        database=database,
        blobs=blobs,
        uploads=BlobUploads(database),
        host=HostLink(Path(HOST_SOCKET), wake_seconds=config.start_seconds),
        publisher=Publisher(database, home.run),
        events=events,
        refusals=refusals,
        event_writer=EventWriter(database, refusals),
        audit=AuditService(database, events, signer, FilesVerifier(database, archive)),
        archive=archive,
        ledger=RecordsLedger(database, events, archive),
        subjects=subjects,
        search_sources=sources,
        job_mentions=JobMentions(),
        alerts=alerts,
        loops=Loops(database, metrics, owner=f"{socket.gethostname()}/control-{config.index}", lease_seconds=lease),
    )


def link_address(base: BaseParts) -> str:
    """Return the address that links in messages begin with: the public one, else that on which this server listens; empty: not known."""
    if base.config.public_url:
        return base.config.public_url.rstrip("/")
    try:
        return base.home.address.read_text().strip()
    except FileNotFoundError:  # control runs without a server, as in tests
        return ""


def open_database(url: str, folder: Path) -> Database:
    """Open the database that a setting chooses, with this release's tables. Raises DatabaseUnavailable."""
    database: Database = load_backend("database", url)(url, folder)
    database.check()
    migrate(database)
    return database
