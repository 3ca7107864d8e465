"""The home folder: where everything of one installation lies. The one description, for client, server, gateway and host.

Every process of the server runs with the run folder as its working folder, so that sockets have short names, however deep the
home folder lies: the system allows about a hundred characters."""

import os
from collections.abc import Mapping
from pathlib import Path

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.routing import ROUTING_FOLDER

HOME_VARIABLE = "UNSHELF_HOME"
USUAL_HOME = "~/.unshelf"

CONTROL_SOCKET = "control.sock"
HOST_SOCKET = "host.sock"
"""Names of sockets, relative to the run folder."""


def control_socket(index: int) -> str:
    """Return the name of the socket of a control: 0, 1, … up to the number of controls."""
    return CONTROL_SOCKET if index == 0 else f"control-{index}.sock"


def heartbeat_file(child: str) -> str:
    """Return the name of the file that a child of the supervisor touches while its event loop turns: `gateway 0`, `control`, `host`."""
    return f"{child.replace(' ', '-')}.alive"


def home_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder that UNSHELF_HOME names, else ~/.unshelf. Raises UnshelfError for a user without a home folder."""
    try:
        return Path(environment.get(HOME_VARIABLE) or USUAL_HOME).expanduser()
    except RuntimeError:
        raise UnshelfError(
            "This user has no home folder: HOME is not set, and the system does not know one.",
            hint=f"Name a folder for the server's files in {HOME_VARIABLE}.",
            code="no_home_folder",
        ) from None


class Home:
    """The paths of a home folder; only its owner may look into it. docs/architecture/00-overview.md lists them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.admin_token = folder / "admin-token"
        """The administrator's token."""
        self.secrets_key = folder / "secrets-key"
        """The keys that secrets are encrypted with; without it they are lost."""
        self.installation = folder / "installation.json"
        """The identity of this installation, which its backups name; made with the first one."""
        self.held_secrets = folder / "held-secrets"
        """The host's copy of all secrets, encrypted: with it workers start while control is down."""
        self.blobs = folder / "blobs"
        """The files of bundles, by digest."""
        self.bundles = folder / "bundles"
        """Bundles, laid out for workers, by digest."""
        self.manifests = folder / "manifests"
        """The manifests of laid out bundles once more, by digest: what a bundle's folder is remade from."""
        self.environments = folder / "environments"
        """Virtual environments, by hash."""
        self.jobs = folder / "jobs"
        """The attempts of jobs that run, or whose outcome is not stored yet: a folder a job, in it one an attempt."""
        self.job_files = folder / "job-files"
        """Code and data of jobs, laid out for programs, by digest."""
        self.predictions = folder / "predictions"
        """Prediction records: segments, and the archive as Parquet."""
        self.meter = folder / "meter.json"
        """Use of the machine that control has not taken in yet, and the state that the meter goes on from."""
        self.deferred = folder / "deferred"
        """Deferred predictions: requests that wait and answers that are kept."""
        self.logs = folder / "logs"
        self.worker_logs = self.logs / "workers"
        """The output of workers, a file a version."""
        self.cache = folder / "cache"
        """Packages that were fetched and built, unless the operator names another place: nothing that can't be had again."""
        self.run = folder / "run"
        """Sockets, scratch folders, the routing state: nothing that must outlive the processes."""
        self.routing = self.run / ROUTING_FOLDER
        """The routing state that control publishes: an index and parts."""
        self.metrics = self.run / "metrics"
        """Counters of gateways and control; emptied when the server starts."""
        self.address = self.run / "address"
        """The address that the server listens on."""
        self.lock = self.run / "lock"
        """Locked by the server as long as it runs; holds its process id."""
        self.backup_lock = self.run / "backup.lock"
        """Locked while a backup is made, and while blobs are deleted."""
        self.backups = folder / "backups"
        """Backups of the database that `unshelf up` makes before it migrates it."""
        self.control_lock = self.run / "control.lock"
        """Locked by control as long as it runs; a second control locks `control-1.lock`."""

    def manifest(self, digest: str) -> Path:
        """The copy of the manifest with this digest."""
        return self.manifests / f"{digest}.json"
