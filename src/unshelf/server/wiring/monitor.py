"""Parts of the wing monitor, the records that it reads, and what was used of the machine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.protocols.records import Compacted
from unshelf.deploy.usage.disk import OtherDisk
from unshelf.deploy.usage.makers import makers_of_versions
from unshelf.develop.jobs.subjects import copies_of_job, makers_of_jobs, titles_of_jobs
from unshelf.develop.pipelines.search import group_of_run
from unshelf.develop.sweeps.search import group_of_sweep
from unshelf.foundation.access.model_scopes import ModelScopes
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.budgets import routes as budgets_routes
from unshelf.manage.budgets.service import BudgetService
from unshelf.manage.projects.tables import ProjectRow
from unshelf.manage.usage import routes as usage_routes
from unshelf.manage.usage.intake import DiskUse, UsageIntake
from unshelf.manage.usage.prices import PriceService
from unshelf.manage.usage.service import UsageService
from unshelf.manage.usage.sharing import MOST_CALLERS, Called, UsageSharing, called_from, calls_query
from unshelf.monitor.alerts.search import alert_source
from unshelf.monitor.alerts.subjects import alert_kind
from unshelf.monitor.budget_alerts import BudgetAlerts
from unshelf.monitor.capacity import routes as capacity_routes
from unshelf.monitor.capacity.service import CapacityService
from unshelf.monitor.capacity.waste import WasteService
from unshelf.monitor.egress_alerts import EgressAlerts
from unshelf.monitor.recorded_models import RecordedModels
from unshelf.monitor.recording_watch import RecordingWatch
from unshelf.records import routes as predictions_routes
from unshelf.records.archive.compaction_scheduler import CompactionScheduler
from unshelf.records.archive.layout import ArchivedFile
from unshelf.records.output import OutputService
from unshelf.records.service import PredictionService
from unshelf.records.sql import Queries
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.deploy import DeployParts
from unshelf.server.wiring.develop import DevelopParts
from unshelf.server.wiring.manage import ManageParts
from unshelf.server.wiring.monitoring.alerts import AlertParts, build_alerts, build_support
from unshelf.server.wiring.monitoring.diagnosis import build_diagnosis
from unshelf.server.wiring.monitoring.elsewhere import ElsewhereParts, build_elsewhere
from unshelf.server.wiring.monitoring.monitors import MonitorsParts, build_monitors
from unshelf.server.wiring.monitoring.performance import PerformanceParts, build_performance
from unshelf.server.wiring.monitoring.windows import WindowParts, build_windows
from unshelf.server.wiring.subjects import SubjectParts


@dataclass(frozen=True, kw_only=True)
class MonitorParts:
    """Parts of the wing monitor, and the records that it reads."""

    watch: RecordingWatch
    egress: EgressAlerts
    compaction: CompactionScheduler
    windows: WindowParts
    monitors: MonitorsParts
    alerts: AlertParts
    performance: PerformanceParts
    elsewhere: ElsewhereParts
    routers: list[ApiRouter]

    def start(self) -> None:
        """Begin, before the loops run."""
        self.watch.start()
        self.windows.intake.start()
        self.performance.intake.start()

    def stop(self) -> None:
        """Cut short what is under way."""
        self.compaction.stop()
        self.windows.intake.stop()
        self.performance.intake.stop()
        self.performance.custom.stop()


def build_monitor(
    base: BaseParts, manage: ManageParts, subjects: SubjectParts, develop: DevelopParts, deploy: DeployParts
) -> MonitorParts:
    """Build the parts of the wing monitor."""
    config, home, registry, caller_name = base.config, base.home, deploy.registry, manage.people.identity.name_of
    base.subjects.register(alert_kind())
    base.search_sources.register(alert_source())
    watch = RecordingWatch(base.alerts, metrics=home.metrics, predictions=home.predictions, maker=registry.maker)
    egress = EgressAlerts(base.alerts, deploy.reach.networks_of, registry.maker)
    deploy.refusals.on_refused(egress.note)
    archive = base.archive
    manage.projects.add_evidence(RecordedModels(archive, deploy.ledger).stages)
    windows = build_windows(base, deploy)
    performance = build_performance(base, manage, develop, deploy, windows)
    elsewhere = build_elsewhere(base, manage, develop, deploy)

    def compacted(done: Compacted) -> None:
        watch.compacted(done)
        windows.intake.compacted(done)

    def removing(files: Sequence[ArchivedFile], reason: str) -> None:
        base.ledger.removing(files, reason)
        windows.intake.removing(files, reason)

    compaction = CompactionScheduler(
        home.predictions, home.run, setting=config.predictions, s3_endpoint=config.s3_endpoint, days=config.prediction_days,
        max_bytes=config.prediction_max_bytes, compacted=compacted, removing=removing,
    )  # fmt: skip
    support = build_support(base, manage, deploy)
    monitors = build_monitors(
        base, deploy, windows, support_of=lambda session, model: support.of_model(session, model).level
    )
    queries = Queries(home.predictions, home.run, setting=config.predictions, s3_endpoint=config.s3_endpoint)
    alerts = build_alerts(
        base, manage, subjects, develop, deploy, support=support, queries=queries, collections=performance.collections
    )
    routers = [
        predictions_routes.router(
            PredictionService(archive, registry.address, caller_name),
            queries,
            OutputService(home.worker_logs, registry.address, registry.check_outputs),
            ModelScopes(base.database),
        ),
        *alerts.routers,
        *windows.routers,
        *monitors.routers,
        *performance.routers,
        *build_diagnosis(base, deploy, windows, quality=performance.quality, queries=queries),
        *elsewhere.routers,
    ]
    return MonitorParts(
        watch=watch, egress=egress, compaction=compaction, windows=windows, monitors=monitors, alerts=alerts,
        performance=performance, elsewhere=elsewhere, routers=routers,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class UsageParts:
    """Parts that say what was used of the machine, and what it cost."""

    service: UsageService
    prices: PriceService
    budgets: BudgetService
    loops: list[PeriodicLoop]
    routers: list[ApiRouter]


def build_usage(base: BaseParts, manage: ManageParts, develop: DevelopParts) -> UsageParts:
    """Build what takes use in, reports it, and holds budgets to it."""
    config, database, home = base.config, base.database, base.home
    prices = PriceService(database, base.events, config.currency)
    intake = UsageIntake(database, base.host, prices)
    intake.register("job", makers_of_jobs)
    intake.register("bench", makers_of_jobs)
    intake.register("worker", makers_of_versions)
    intake.add_disk(_ProjectFiles(manage))
    intake.add_disk(OtherDisk(base.archive))
    queries = Queries(home.predictions, home.run, setting=config.predictions, s3_endpoint=config.s3_endpoint)

    def read(first: int, end: int) -> list[Called]:
        return called_from(queries.ask(calls_query(first, end), models=None, model=None, rows=MOST_CALLERS).rows)

    service = UsageService(database, intake, UsageSharing(database, read, manage.people.identity.name_of), prices)
    service.titles_of_jobs = titles_of_jobs
    service.know_group("copies", copies_of_job)
    service.know_group("sweep", group_of_sweep)
    service.know_group("pipeline run", group_of_run)
    prices.before_change = manage.quotas.tiers.before_price_change = lambda: service.refresh(max_age=0.0)
    manage.quotas.tiers.currency = config.currency
    budgets = BudgetService(
        database, base.events, manage.notifications.service, service, currency=config.currency,
        people_with=manage.people.actors.with_permission,
    )  # fmt: skip
    manage.quotas.service.job_gates.append(budgets.must_allow_jobs)
    budgets.on_change(BudgetAlerts(base.alerts, budgets.all).look)
    return UsageParts(
        service=service, prices=prices, budgets=budgets, loops=[service.loop([budgets.watch])],
        routers=[
            usage_routes.router(service, prices), budgets_routes.router(budgets),
            capacity_routes.router(
                CapacityService(database, manage.quotas.tiers, base.host.replicas, room=develop.scheduler.room),
                WasteService(database, service, config.tiers, prices=prices.list_all), config.currency,
            ),
        ],
    )  # fmt: skip


class _ProjectFiles:
    """Files of projects, as quotas count them."""

    def __init__(self, manage: ManageParts) -> None:
        self._quotas = manage.quotas.service

    def __call__(self, session: Session) -> Iterator[DiskUse]:
        for project in session.scalars(select(ProjectRow.name)):
            size = self._quotas.disk_of_project(session, project)
            if size:
                yield DiskUse(name="files of projects", project=project, size=size)
