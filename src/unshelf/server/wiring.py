"""Wiring: which parts control is made of. The only place that chooses between concrete backends."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from unshelf.api import blobs as blobs_api
from unshelf.api import machine as machine_api
from unshelf.api import status as status_api
from unshelf.api.app import create_app
from unshelf.contracts.processes import HOST_SOCKET, METRICS_FOLDER
from unshelf.contracts.routing import ROUTING_FILE
from unshelf.deploy.bundles.housekeeping import Housekeeping
from unshelf.deploy.bundles.service import BundleService
from unshelf.deploy.deploys import routes as deploys_routes
from unshelf.deploy.deploys.process import Tools
from unshelf.deploy.deploys.pruning import prune_deploys
from unshelf.deploy.deploys.service import DeployService
from unshelf.deploy.registry import routes as registry_routes
from unshelf.deploy.registry.routing import ModelRoutes
from unshelf.deploy.registry.service import RegistryService
from unshelf.deploy.releases import routes as releases_routes
from unshelf.deploy.releases.service import ReleaseService
from unshelf.develop.environments import routes as environments_routes
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.blob_files import FileBlobs
from unshelf.foundation.database import Database
from unshelf.foundation.hostlink import HostLink
from unshelf.foundation.publication import Publisher
from unshelf.manage.audit import routes as audit_routes
from unshelf.manage.audit.service import AuditService
from unshelf.manage.keys import routes as keys_routes
from unshelf.manage.keys.service import KeysService
from unshelf.monitor.alerts import routes as alerts_routes
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.predictions import routes as predictions_routes
from unshelf.monitor.predictions.queries import Queries
from unshelf.monitor.predictions.service import PredictionService
from unshelf.monitor.predictions.upkeep import Upkeep
from unshelf.monitor.predictions.watching import Watching
from unshelf.server.control_config import ControlConfig
from unshelf.server.home import Home
from unshelf.server.migrating import migrate

_MOST_MANIFEST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Control:
    """Control, put together: what it serves, and how it begins and ends."""

    app: FastAPI
    start: Callable[[], None]
    """Put right what the last control left undone, publish the routing table, begin the background work."""
    stop: Callable[[], None]
    """End the background work and let go of the database."""


def build_control(config: ControlConfig) -> Control:
    """Put control together over a home folder that is made and has an administrator's token; migrates its database."""
    home = Home(Path(config.home))
    database = Database(f"sqlite:///{home.database}")
    migrate(database)
    blobs = FileBlobs(home.blobs)
    host = HostLink(Path(HOST_SOCKET), wake_seconds=config.wake_seconds)
    publisher = Publisher(database, home.run)
    audit = AuditService(database)
    keys = KeysService(database, publisher, audit)
    environments = EnvironmentService(database)
    bundles = BundleService(database, blobs, environments, host)
    routes = ModelRoutes(bundles)
    publisher.contribute("models", routes)
    publisher.contribute("warm", routes.warm)
    registry = RegistryService(
        database=database, publisher=publisher, audit=audit, environments=environments, bundles=bundles, host=host
    )
    releases = ReleaseService(database, publisher, audit, host)
    deploys = DeployService(
        Tools(
            database=database, publisher=publisher, audit=audit, environments=environments, bundles=bundles,
            registry=registry, releases=releases, host=host,
        )
    )  # fmt: skip
    alerts = AlertService(database)
    housekeeping = Housekeeping(
        bundles, more=[lambda: prune_deploys(database, config.deploy_days), lambda: alerts.prune(config.alert_days)]
    )
    watching = Watching(alerts, metrics=home.run / METRICS_FOLDER, predictions=home.predictions, maker=registry.maker)
    upkeep = Upkeep(
        home.predictions,
        home.run / ROUTING_FILE,
        days=config.prediction_days,
        max_bytes=config.prediction_max_bytes,
        compacted=watching.compacted,
    )
    routers = [
        status_api.router(registry.count),
        keys_routes.router(keys),
        audit_routes.router(audit),
        blobs_api.router(blobs, config.max_blob_bytes),
        environments_routes.router(environments),
        deploys_routes.router(deploys),
        registry_routes.router(registry),
        releases_routes.router(releases),
        predictions_routes.router(
            PredictionService(home.predictions, registry), Queries(home.predictions, home.run / ROUTING_FILE)
        ),
        alerts_routes.router(alerts),
        machine_api.router(host),
    ]
    limits = {("PUT", "/blobs/"): config.max_blob_bytes, ("POST", "/deploys"): _MOST_MANIFEST_BYTES}
    app = create_app(routers, keys.authenticate, limits)

    def start() -> None:
        blobs.discard_unfinished()
        keys.ensure_admin(home.ensure_admin_token())
        deploys.recover()
        publisher.publish()
        housekeeping.start()
        alerts.load()
        watching.start()
        upkeep.start()

    def stop() -> None:
        deploys.close()
        housekeeping.stop()
        upkeep.stop()
        watching.stop()
        database.dispose()

    return Control(app=app, start=start, stop=stop)
