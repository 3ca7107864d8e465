"""Control, put together from its wings."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from unshelf.api import status as status_api
from unshelf.api.app import create_app
from unshelf.api.browser_sessions import BrowserSessions
from unshelf.api.pages.embedding import EmbeddedApps
from unshelf.api.pages.files import read_pages
from unshelf.api.pages.serving import Pages
from unshelf.api.pending_publication import PendingPublication
from unshelf.contracts.configs import ControlConfig
from unshelf.deploy.bundles.garbage_collection import garbage_collection
from unshelf.deploy.deploys.pruning import prune_deploys
from unshelf.foundation.access.model_scopes import ModelScopes
from unshelf.foundation.loops.loops import PeriodicLoop, QueueLoop
from unshelf.foundation.subjects import SubjectScopes
from unshelf.foundation.web.routers import ApiRouter
from unshelf.server.home import ensure_admin_token
from unshelf.server.wiring.base import BaseParts, build_base
from unshelf.server.wiring.deploy import DeployParts, build_deploy, register_pipeline_steps
from unshelf.server.wiring.develop import DevelopParts, build_develop
from unshelf.server.wiring.forwarding import audit_loops
from unshelf.server.wiring.identity import build_identity
from unshelf.server.wiring.manage import ManageParts, build_manage
from unshelf.server.wiring.monitor import MonitorParts, build_monitor, build_usage
from unshelf.server.wiring.monitoring.backups import build_backups
from unshelf.server.wiring.monitoring.machine import build_machine
from unshelf.server.wiring.news import build_news
from unshelf.server.wiring.subjects import build_subjects

_MOST_MANIFEST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Control:
    """Control, put together: the app it serves, and how it starts and stops."""

    app: FastAPI
    start: Callable[[], None]
    """Repair what the last control left undone, publish the routing state, start the background work."""
    stop: Callable[[], None]
    """Stop the background work and close the database."""


def build_control(config: ControlConfig) -> Control:
    """Put control together over a home folder that is made and has an administrator's token; migrates its database."""
    base = build_base(config)
    manage = build_manage(base)
    identity, subjects = build_identity(base, manage.people), build_subjects(base, manage)
    news, develop = build_news(base, manage, subjects), build_develop(base, manage)
    deploy = build_deploy(base, manage, develop)
    register_pipeline_steps(base, manage, develop, deploy)
    monitor = build_monitor(base, manage, subjects, develop, deploy)
    usage, backups = build_usage(base, manage, develop), build_backups(base)
    machine = build_machine(base, manage.people, lambda: [*deploy.reach.checks(), *backups.service.checks()])
    base.loops.add_all(
        [
            *identity.loops,
            subjects.index.loop(),
            *news.loops,
            *usage.loops,
            machine.loop,
            *backups.loops,
            *_loops_of_wings(base, manage, develop, deploy, monitor),
        ]
    )
    routers = [
        status_api.router(deploy.registry.count),
        *manage.routers,
        *identity.routers,
        *subjects.routers,
        *develop.routers,
        *deploy.routers,
        *monitor.routers,
        *usage.routers,
        *backups.routers,
        machine.router,
    ]
    app = _app(base, manage, deploy, routers)

    def start() -> None:
        manage.keys.ensure_admin(ensure_admin_token(base.home))
        manage.secrets.reseal()
        manage.secrets.follow_operator()
        develop.start()
        manage.notifications.webhooks.reseal()
        subjects.index.start()
        news.service.start()
        base.publisher.start()
        monitor.start()
        deploy.deploys.adopt()
        base.loops.start()

    def stop() -> None:
        monitor.stop()
        develop.scheduler.stop()
        deploy.predictions.close()
        base.publisher.stop()
        base.loops.stop()
        with contextlib.suppress(SQLAlchemyError):  # a database that is away takes no last refusals
            base.event_writer.finish()
        base.database.dispose()

    return Control(app=app, start=start, stop=stop)


def _loops_of_wings(
    base: BaseParts, manage: ManageParts, develop: DevelopParts, deploy: DeployParts, monitor: MonitorParts
) -> list[PeriodicLoop | QueueLoop]:
    """Return the background work of the wings, and of what they stand on."""
    return [
        base.publisher.loop(),
        base.event_writer.loop(),
        *manage.loops,
        *manage.notifications.loops,
        *develop.loops,
        garbage_collection(deploy.bundles, prune=_pruning(base, manage, develop, deploy, monitor)),
        monitor.watch.loop(),
        monitor.egress.loop(),
        monitor.compaction.loop(),
        monitor.windows.intake.loop(),
        monitor.monitors.watch.loop(),
        *monitor.alerts.loops,
        *monitor.performance.loops,
        *monitor.elsewhere.loops,
        *audit_loops(base, manage),
    ]


def _pruning(
    base: BaseParts, manage: ManageParts, develop: DevelopParts, deploy: DeployParts, monitor: MonitorParts
) -> list[Callable[[], object]]:
    """Return the work that deletes whatever was kept for long enough."""
    return [
        base.blobs.discard_unfinished,
        base.uploads.prune,
        lambda: prune_deploys(base.database, base.config.deploy_days, base.subjects),
        lambda: base.alerts.prune(base.config.alert_days),
        manage.notifications.prune,
        develop.prune,
        deploy.uploads.prune,
        deploy.files.prune,
        lambda: monitor.windows.intake.prune(base.config.prediction_days),
        monitor.monitors.prune,
        lambda: monitor.performance.labels.prune(base.config.prediction_days),
        lambda: monitor.elsewhere.intake.prune(base.config.prediction_days),
    ]


def _app(base: BaseParts, manage: ManageParts, deploy: DeployParts, routers: list[ApiRouter]) -> FastAPI:
    """The app of these routes, which knows who is asking and what they may see."""
    config, people = base.config, manage.people
    body_limits = {
        ("PUT", "/blobs/"): config.max_blob_bytes,
        ("POST", "/deploys"): _MOST_MANIFEST_BYTES,
        ("POST", "/data"): _MOST_MANIFEST_BYTES,
        ("POST", "/environments/builds"): _MOST_MANIFEST_BYTES,
        ("POST", "/jobs"): _MOST_MANIFEST_BYTES,
        ("POST", "/pipelines"): _MOST_MANIFEST_BYTES,
        ("POST", "/scorings"): _MOST_MANIFEST_BYTES,
        ("POST", "/benches"): _MOST_MANIFEST_BYTES,
        ("POST", "/labels"): _MOST_MANIFEST_BYTES,
        ("POST", "/models/"): _MOST_MANIFEST_BYTES,
        ("POST", "/apps/"): _MOST_MANIFEST_BYTES,
        ("POST", "/app-drafts"): _MOST_MANIFEST_BYTES,
        ("POST", "/embedded-apps/"): _MOST_MANIFEST_BYTES,
    }
    models = ModelScopes(base.database)
    app = create_app(
        routers, people.identity.authenticate, body_limits, base.refusals.note,
        scope_of_model=models.of, knows_model=models.knows, scope_of_subject=SubjectScopes(base.database, base.subjects).of,
        sessions=BrowserSessions(people.sessions.authenticate, config.public_url), public_url=config.public_url,
    )  # fmt: skip
    app.add_middleware(PendingPublication, is_behind=lambda: base.publisher.is_behind)
    app.add_middleware(EmbeddedApps)
    is_tls = config.public_url.startswith("https:")
    app.add_middleware(Pages, files=read_pages(), embedded_in=deploy.apps.embedded_in, is_tls=is_tls)
    return app
