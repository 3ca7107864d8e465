"""Parts that count records into windows and tell which columns have which roles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from unshelf.contracts.errors import NotFound
from unshelf.contracts.routing import main_version
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.columns import routes as columns_routes
from unshelf.monitor.columns.service import ColumnRoleService
from unshelf.monitor.dashboards import routes as dashboards_routes
from unshelf.monitor.dashboards.fleet import FleetService
from unshelf.monitor.dashboards.service import DashboardService
from unshelf.monitor.windows.intake import WindowIntake, WindowSources
from unshelf.monitor.windows.service import WindowService
from unshelf.monitor.windows.window import output_column
from unshelf.records.archive.layout import segments
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.deploy import DeployParts


@dataclass(frozen=True, kw_only=True)
class WindowParts:
    """Parts that read records for everything that monitors."""

    columns: ColumnRoleService
    intake: WindowIntake
    service: WindowService
    slices_of: Callable[[str], Sequence[str]]
    """Returns the inputs that records of a model are parted by: those of its latest version."""
    routers: list[ApiRouter]


def build_windows(base: BaseParts, deploy: DeployParts) -> WindowParts:
    """Build the parts, which the routes and loops of monitoring stand on."""
    config, home, facts, baseline_of = base.config, base.home, deploy.facts, deploy.data_uses.stored_baseline
    columns = ColumnRoleService(base.database, base.audit, facts_of=facts.of, baseline_of=baseline_of)

    def categories_of(model: str, version: int) -> list[str]:
        try:
            roles = columns.known(model, version)
        except NotFound:  # records outlive their version
            return []
        if roles.task != "classification" or roles.prediction is None:
            return []
        return [output_column(roles.prediction)]

    def made_at(model: str, version: int) -> datetime | None:
        try:
            return facts.of(model, version).created_at
        except NotFound:
            return None

    def slices_of(model: str) -> tuple[str, ...]:
        numbers = facts.numbers(model)
        return columns.known(model, numbers[-1]).slices if numbers else ()

    sources = WindowSources(
        predictions=home.predictions, setting=config.predictions, s3_endpoint=config.s3_endpoint, run=home.run,
        archive=base.archive, baseline_of=baseline_of, categories_of=categories_of,
    )  # fmt: skip
    intake = WindowIntake(base.database, sources, base.loops)
    service = WindowService(base.database, intake, baseline_of=baseline_of, made_at=made_at)

    def live_of(model: str) -> int | None:
        with base.database.read() as session:
            return main_version(deploy.ledger.live(session, model))

    dashboards = DashboardService(
        base.database, service, roles_of=columns.known, versions_of=facts.numbers, live_of=live_of
    )
    fleet = FleetService(
        base.database, deploy.ledger.live_among, has_uncounted=lambda: bool(segments(home.predictions))
    )
    return WindowParts(
        columns=columns, intake=intake, service=service, slices_of=slices_of,
        routers=[
            columns_routes.router(columns, lambda ref: deploy.registry.inspect(ref).version_named),
            dashboards_routes.router(dashboards, fleet, deploy.registry.address),
        ],
    )  # fmt: skip
