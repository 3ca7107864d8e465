"""Parts that take in records of models that run elsewhere."""

from dataclasses import dataclass

from unshelf.deploy.elsewhere import routes as elsewhere_routes
from unshelf.deploy.elsewhere.folders import RecordFolders
from unshelf.deploy.elsewhere.registering import ElsewhereService
from unshelf.deploy.elsewhere.segments import TakenSegments
from unshelf.deploy.elsewhere.tables_read import TableReader
from unshelf.deploy.elsewhere.taking import RecordIntake
from unshelf.develop.datasets.processes import DataProcesses
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.web.routers import ApiRouter
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.deploy import DeployParts
from unshelf.server.wiring.develop import DevelopParts
from unshelf.server.wiring.manage import ManageParts


@dataclass(frozen=True, kw_only=True)
class ElsewhereParts:
    """Parts of models that run elsewhere."""

    intake: RecordIntake
    loops: list[PeriodicLoop]
    routers: list[ApiRouter]


def build_elsewhere(base: BaseParts, manage: ManageParts, develop: DevelopParts, deploy: DeployParts) -> ElsewhereParts:
    """Build the parts."""
    service = ElsewhereService(
        base.database, base.publisher, bundles=deploy.bundles, registry=deploy.registry, releases=deploy.releases,
        deploys=deploy.deploys, data_uses=deploy.data_uses,
    )  # fmt: skip
    intake = RecordIntake(
        base.database, TakenSegments(base.home.predictions), live=deploy.ledger.live, facts_of=deploy.facts.of,
        days=base.config.prediction_days,
    )  # fmt: skip
    reader = TableReader(intake, DataProcesses(base.home.run), deploy.facts.of)
    folders = RecordFolders(
        base.database, base.events, manage.notifications.service, base.subjects, data=develop.data, intake=intake, reader=reader,
        person_now=manage.people.identity.person_now,
    )  # fmt: skip
    return ElsewhereParts(
        intake=intake, loops=[intake.loop(), folders.loop()],
        routers=[elsewhere_routes.router(service, intake, reader, folders)],
    )  # fmt: skip
