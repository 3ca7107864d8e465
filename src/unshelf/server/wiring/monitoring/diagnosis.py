"""Parts that tell why a model's data drifted or its quality fell."""

from datetime import datetime

from unshelf.contracts.routing import main_version
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.alerts.alert import Alert
from unshelf.monitor.diagnosis import routes as diagnosis_routes
from unshelf.monitor.diagnosis.drift import DriftDiagnoses
from unshelf.monitor.diagnosis.losses import QualityDiagnoses
from unshelf.monitor.diagnosis.questions import DiagnosisQuestions
from unshelf.monitor.diagnosis.records import DiagnosisQueries
from unshelf.monitor.diagnosis.service import DiagnosisService
from unshelf.monitor.performance.service import QualityService
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.deploy import DeployParts
from unshelf.server.wiring.monitoring.windows import WindowParts


def build_diagnosis(
    base: BaseParts, deploy: DeployParts, windows: WindowParts, *, quality: QualityService, queries: DiagnosisQueries
) -> list[ApiRouter]:
    """Return the routes of diagnoses."""
    service, roles_of = windows.service, windows.columns.known

    def alert_of(actor: Actor, id: str) -> Alert:
        return base.alerts.find(actor, id)

    def version_of(model: str, since: datetime, until: datetime) -> int | None:
        with base.database.read() as session:
            live = main_version(deploy.ledger.live(session, model))
        asked = {number: count for number, count in service.versions(model, since, until).items() if number}
        if live is not None and (live in asked or not asked):
            return live
        return (
            max(asked, key=lambda number: (asked[number], number))
            if asked
            else max(deploy.facts.numbers(model), default=None)
        )

    diagnoses = DiagnosisService(
        base.database, service, queries, questions=DiagnosisQuestions(alert_of=alert_of, version_of=version_of),
        drift=DriftDiagnoses(service, queries, roles_of=roles_of), quality=QualityDiagnoses(quality), roles_of=roles_of,
    )  # fmt: skip
    return [diagnosis_routes.router(diagnoses, deploy.registry.address)]
