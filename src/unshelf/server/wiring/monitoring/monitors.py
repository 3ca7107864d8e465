"""Parts that judge what is recorded of models, window by window."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from unshelf.contracts.monitoring.monitors import DeclaredMonitor
from unshelf.contracts.permissions import Permission
from unshelf.deploy.registry.tables import VersionRow
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.exports import routes as exports_routes
from unshelf.monitor.monitors import routes as monitors_routes
from unshelf.monitor.monitors.alerting import MonitorAlerts
from unshelf.monitor.monitors.checking.declared import DeclaredMonitors
from unshelf.monitor.monitors.checking.facts import ModelFactsReader
from unshelf.monitor.monitors.comparison import ColumnComparisons
from unshelf.monitor.monitors.judging.evaluation import WindowEvaluation
from unshelf.monitor.monitors.metrics import MonitorMetrics
from unshelf.monitor.monitors.results import ResultStore
from unshelf.monitor.monitors.runs import MonitorRuns
from unshelf.monitor.monitors.search import monitor_source
from unshelf.monitor.monitors.service import MonitorService
from unshelf.monitor.monitors.watching import MonitorWatch
from unshelf.monitor.monitors.window_index import WindowIndex
from unshelf.monitor.support.support import SupportLevel
from unshelf.server.wiring.base import BaseParts, link_address
from unshelf.server.wiring.deploy import DeployParts
from unshelf.server.wiring.monitoring.windows import WindowParts


@dataclass(frozen=True, kw_only=True)
class MonitorsParts:
    """Parts that judge what is recorded of models."""

    service: MonitorService
    watch: MonitorWatch
    prune: Callable[[], object]
    """Deletes results that were kept for long enough."""
    routers: list[ApiRouter]


def build_monitors(
    base: BaseParts, deploy: DeployParts, windows: WindowParts, *, support_of: Callable[[Session, str], SupportLevel]
) -> MonitorsParts:
    """Build the parts. `support_of`: how much is promised of a model."""
    database, index, results = base.database, WindowIndex(base.database), ResultStore(base.database)
    intake, ledger = windows.intake, deploy.ledger

    def live(session: Session, model: str) -> list[int]:
        return sorted(share.version for share in ledger.live(session, model) if share.percent > 0)

    def declared_of(session: Session, model: str) -> list[DeclaredMonitor]:
        version = session.get(VersionRow, (model, max(live(session, model), default=0)))
        manifest = None if version is None else deploy.bundles.find_manifest(session, version.bundle)
        return [] if manifest is None else manifest.monitors

    def evaluation(with_uncounted: bool = False) -> WindowEvaluation:
        return WindowEvaluation(database, windows.service, index, live=with_uncounted)

    service = MonitorService(
        database, base.events, base.subjects, results=results, support_of=support_of, live=live, declared_of=declared_of,
        slices_of=windows.slices_of, facts_of=_facts(deploy, windows).of,
    )  # fmt: skip
    deploy.deploys.declares(DeclaredMonitors())
    intake.sizes_of, intake.slices_of = service.sizes, service.slices
    service.on_asked = intake.asked
    alerts = MonitorAlerts(
        database, base.alerts, results, monitors_of=service.of_model, live=live, maker=deploy.registry.maker
    )  # fmt: skip
    metrics = MonitorMetrics(database, service, results, base.home.metrics, base.config.index)
    watch = MonitorWatch(
        database, service, evaluation(), index=index, results=results, alerts=alerts, publish=metrics.publish,
        has_uncounted=intake.has_uncounted,
    )  # fmt: skip
    runs = MonitorRuns(database, service, evaluation=evaluation, index=index, results=results, alerts=alerts)
    comparisons = ColumnComparisons(database, service, evaluation())
    base.add_kind(monitor_source(), Permission.MODEL_INSPECT)
    return MonitorsParts(
        service=service,
        watch=watch,
        prune=results.prune,
        routers=[
            monitors_routes.router(service, runs, comparisons),
            exports_routes.router(service, link_address(base)),
        ],
    )


def _facts(deploy: DeployParts, windows: WindowParts) -> ModelFactsReader:
    return ModelFactsReader(
        signature_of=lambda model, version: deploy.facts.of(model, version).signature, roles_of=windows.columns.known,
        recorded=windows.service.recorded, versions_of=deploy.facts.numbers,
    )  # fmt: skip
