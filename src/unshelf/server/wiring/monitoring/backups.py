"""Parts that back the installation up, and watch that it is."""

from dataclasses import dataclass

from unshelf.foundation.loops.loops import PeriodicLoop, QueueLoop
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.backups import routes as backups_routes
from unshelf.manage.backups.service import BackupService
from unshelf.monitor.backup_alerts import BackupAlerts
from unshelf.server.wiring.base import BaseParts


@dataclass(frozen=True, kw_only=True)
class BackupParts:
    """Parts that back the installation up, and watch that it is."""

    service: BackupService
    loops: list[PeriodicLoop | QueueLoop]
    routers: list[ApiRouter]


def build_backups(base: BaseParts) -> BackupParts:
    """Build them."""
    service = BackupService(base.database, base.events, base.loops, base.config)
    return BackupParts(
        service=service,
        loops=[*service.loops(), BackupAlerts(base.alerts, service).loop()],
        routers=[backups_routes.router(service)],
    )
