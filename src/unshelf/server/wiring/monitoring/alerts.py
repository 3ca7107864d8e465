"""Parts that tell people of alerts, help them decide, and act by policy."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.deploy.registry.lookup import maker_of, runs_elsewhere
from unshelf.develop.pipelines.service import pipelines_with
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.alerts import routes as alerts_routes
from unshelf.monitor.alerts.answering import AlertAnswers
from unshelf.monitor.alerts.responsible import Responsible
from unshelf.monitor.alerts.telling import AlertTelling
from unshelf.monitor.decisions import routes as decisions_routes
from unshelf.monitor.decisions.acts import AlertActs
from unshelf.monitor.decisions.endings import VersionEndings
from unshelf.monitor.decisions.reading import ReleaseOutlook, SituationReader
from unshelf.monitor.decisions.service import DecisionService
from unshelf.monitor.decisions.traffic import RecordedTraffic, RecordQueries
from unshelf.monitor.policies import routes as policies_routes
from unshelf.monitor.policies.acting import PolicyActing
from unshelf.monitor.policies.search import policy_source
from unshelf.monitor.policies.service import PolicyService
from unshelf.monitor.retraining.service import CollectionService
from unshelf.monitor.support import routes as support_routes
from unshelf.monitor.support.service import SupportService
from unshelf.records.labels.service import has_labels
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.deploy import DeployParts
from unshelf.server.wiring.develop import DevelopParts
from unshelf.server.wiring.manage import ManageParts
from unshelf.server.wiring.subjects import SubjectParts


@dataclass(frozen=True, kw_only=True)
class AlertParts:
    """Parts that tell people of alerts, help them decide, and act by policy."""

    loops: list[PeriodicLoop]
    routers: list[ApiRouter]


def build_support(base: BaseParts, manage: ManageParts, deploy: DeployParts) -> SupportService:
    """Build what knows how much a model matters, and who answers for it."""
    return SupportService(
        base.database, base.events, subjects=base.subjects, holders=manage.holders, has_model=deploy.registry.has_model
    )


def build_alerts(
    base: BaseParts, manage: ManageParts, subjects: SubjectParts, develop: DevelopParts, deploy: DeployParts,
    *, support: SupportService, queries: RecordQueries, collections: CollectionService,
) -> AlertParts:  # fmt: skip
    """Build them."""
    database, events, people = base.database, base.events, manage.people
    notifications = manage.notifications.service
    responsible = Responsible(
        support=support, watching=subjects.watching, access=manage.access, people=people.actors,
        maker_of=maker_of,
    )  # fmt: skip
    answers = AlertAnswers(
        database, events, notifications, alerts=base.alerts, support=support, holders=manage.holders,
        people=people.actors,
    )  # fmt: skip
    telling = AlertTelling(database, events, notifications, responsible)
    acts = AlertActs(
        releases=deploy.releases, pausing=deploy.pausing, starters=develop.starters, collections=collections
    )

    def outlook(session: Session, model: str, versions: Sequence[int]) -> ReleaseOutlook:
        before = deploy.ledger.before(session, model, versions)
        return ReleaseOutlook(before=tuple(before), changed_at=deploy.ledger.changed_at(session, model))

    reader = SituationReader(
        database, inspect=deploy.registry.inspect, outlook_of=outlook, traffic_of=RecordedTraffic(queries).of,
        pipelines_of=lambda session, project, model: pipelines_with(
            session, project, "deploy", argument="model", value=model
        ), has_labels=has_labels,
    )  # fmt: skip
    decisions = DecisionService(database, events, alerts=base.alerts, answers=answers, reader=reader, acts=acts)
    telling.suggest_by(decisions.suggest)

    def elsewhere(session: Session, model: str) -> bool:
        return runs_elsewhere(session, model, deploy.ledger.live(session, model))

    policies = PolicyService(
        database, events, subjects=base.subjects, starters=develop.starters, has_model=deploy.registry.has_model,
        runs_elsewhere=elsewhere,
    )  # fmt: skip
    base.add_kind(policy_source(), Permission.ALERTS_READ)
    acting = PolicyActing(
        database, events, notifications, acts=acts, person_now=people.identity.person_now, responsible=responsible,
        runs_elsewhere=elsewhere,
    )  # fmt: skip
    endings = VersionEndings(
        database, base.alerts, live_among=deploy.ledger.live_among, changed_at=deploy.ledger.changed_at
    )
    return AlertParts(
        loops=[telling.loop(), acting.loop(), endings.loop()],
        routers=[
            alerts_routes.router(base.alerts, answers), decisions_routes.router(decisions),
            policies_routes.router(policies),
            support_routes.router(support),
        ],
    )  # fmt: skip
