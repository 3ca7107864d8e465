"""Parts of the wing monitor, and the records that it reads."""

from dataclasses import dataclass

from fastapi import APIRouter

from unshelf.foundation.access.model_scopes import ModelScopes
from unshelf.monitor.alerts import routes as alerts_routes
from unshelf.monitor.alerts.search import alert_source
from unshelf.monitor.alerts.subjects import alert_kind
from unshelf.monitor.egress_alerts import EgressAlerts
from unshelf.monitor.recorded_models import RecordedModels
from unshelf.monitor.recording_watch import RecordingWatch
from unshelf.records import routes as predictions_routes
from unshelf.records.archive.compaction_scheduler import CompactionScheduler
from unshelf.records.output import OutputService
from unshelf.records.service import PredictionService
from unshelf.records.sql import Queries
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.deploy import DeployParts
from unshelf.server.wiring.manage import ManageParts


@dataclass(frozen=True, kw_only=True)
class MonitorParts:
    """Parts of the wing monitor, and the records that it reads."""

    watch: RecordingWatch
    egress: EgressAlerts
    compaction: CompactionScheduler
    routers: list[APIRouter]


def build_monitor(base: BaseParts, manage: ManageParts, deploy: DeployParts) -> MonitorParts:
    """Build the parts of the wing monitor."""
    config, home, registry, caller_name = base.config, base.home, deploy.registry, manage.people.identity.name_of
    base.subjects.register(alert_kind())
    base.search_sources.register(alert_source())
    watch = RecordingWatch(base.alerts, metrics=home.metrics, predictions=home.predictions, maker=registry.maker)
    egress = EgressAlerts(base.alerts, deploy.reach.networks_of, registry.maker)
    deploy.refusals.on_refused(egress.note)
    archive = base.archive
    manage.projects.add_evidence(RecordedModels(archive, deploy.ledger).stages)
    compaction = CompactionScheduler(
        home.predictions,
        home.run,
        setting=config.predictions,
        s3_endpoint=config.s3_endpoint,
        days=config.prediction_days,
        max_bytes=config.prediction_max_bytes,
        compacted=watch.compacted,
        removing=base.ledger.removing,
    )
    queries = Queries(home.predictions, home.run, setting=config.predictions, s3_endpoint=config.s3_endpoint)
    routers = [
        predictions_routes.router(
            PredictionService(archive, registry.address, caller_name),
            queries,
            OutputService(home.worker_logs, registry.address, registry.check_outputs),
            ModelScopes(base.database),
        ),
        alerts_routes.router(base.alerts),
    ]
    return MonitorParts(watch=watch, egress=egress, compaction=compaction, routers=routers)
