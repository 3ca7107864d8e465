"""Backups over HTTP. No caller names a place: backups go where the server's settings say."""

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.backups.schemas import BackupStateView
from unshelf.manage.backups.service import BackupService


def router(backups: BackupService) -> ApiRouter:
    """`/backups`."""
    routes = ApiRouter(tags=["installation"])

    @routes.get("/backups", dependencies=[requires(Permission.PLATFORM_READ)])
    def show_backups() -> BackupStateView:
        """Show how the installation is backed up: where to, the last one, the next one, and those that failed."""
        return BackupStateView.model_validate(backups.state())

    @routes.post(
        "/backups",
        responses=problem_answers("conflict"),
        status_code=202,
        dependencies=[requires(Permission.PLATFORM_MANAGE)],
    )
    def start_backup(actor: CurrentActor) -> BackupStateView:
        """Have a backup made now, where scheduled ones go."""
        return BackupStateView.model_validate(backups.start(actor))

    return routes
