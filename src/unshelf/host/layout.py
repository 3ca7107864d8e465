"""Where things lie in the home folder, as far as the host is concerned."""

from dataclasses import dataclass
from pathlib import Path

from unshelf.contracts.routing import ROUTING_FILE

BUILDING = ".building-"
"""How the name of a half-made folder begins; it is renamed when it is whole."""
LOCKING = ".lock-"
"""How the name of a lock file begins; there is one only while someone builds."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The folders below UNSHELF_HOME; docs/architecture/00-overview.md lists them all."""

    home: Path

    @property
    def bundles(self) -> Path:
        """Bundles, laid out for workers, by digest."""
        return self.home / "bundles"

    @property
    def manifests(self) -> Path:
        """The manifests of laid out bundles once more, by digest: what a bundle's folder is remade from."""
        return self.home / "manifests"

    @property
    def environments(self) -> Path:
        """Virtual environments, by hash."""
        return self.home / "environments"

    @property
    def run(self) -> Path:
        """Sockets, scratch folders, the routing table: nothing that must outlive the processes."""
        return self.home / "run"

    @property
    def worker_logs(self) -> Path:
        """What workers print, a file a version."""
        return self.home / "logs" / "workers"

    @property
    def routing(self) -> Path:
        """The routing table that control publishes."""
        return self.run / ROUTING_FILE

    def blob(self, digest: str) -> Path:
        """The file with this SHA-256."""
        return self.home / "blobs" / digest[:2] / digest

    def manifest(self, digest: str) -> Path:
        """The manifest with this digest."""
        return self.manifests / f"{digest}.json"

    def make(self) -> None:
        """Make the folders that the host writes to."""
        for folder in (self.bundles, self.manifests, self.environments, self.run, self.worker_logs):
            folder.mkdir(parents=True, exist_ok=True)
