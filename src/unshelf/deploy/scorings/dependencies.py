"""Dependencies of the work of scorings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from unshelf.contracts.tiers import Tier
from unshelf.deploy.registry.values import InspectedModel
from unshelf.develop.data.service import DataService
from unshelf.develop.datasets.service import DatasetService
from unshelf.develop.jobs.service import JobService
from unshelf.foundation.blob_holds import BlobHolds
from unshelf.foundation.blob_uploads import BlobUploads
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.subjects import Subjects
from unshelf.manage.egress.networks import VersionNetwork
from unshelf.manage.notifications.notification import PersonNow
from unshelf.manage.notifications.service import NotificationService
from unshelf.runtime.blobs.port import Blobs, BlobSettings


@dataclass(frozen=True, kw_only=True)
class WorkDependencies:
    """Whatever the work of scorings stands on."""

    database: Database
    events: EventStore
    subjects: Subjects
    notifications: NotificationService
    blobs: Blobs
    settings: BlobSettings
    holds: BlobHolds
    uploads: BlobUploads
    loops: Loops
    run: Path
    """The folder for scratch folders."""
    predictions: Path
    """The folder of the records."""
    data: DataService
    datasets: DatasetService
    jobs: JobService
    inspect: Callable[[str], InspectedModel]
    networks_of: Callable[[str], Mapping[int, VersionNetwork]]
    secrets_of: Callable[[str, str | None], dict[str, str]]
    person_now: PersonNow
    tiers: Mapping[str, Tier]
