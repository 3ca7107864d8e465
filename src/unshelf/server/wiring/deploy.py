"""Parts of the wing deploy."""

from dataclasses import dataclass

from fastapi import APIRouter

from unshelf.contracts.permissions import Permission
from unshelf.deploy.apps.service import AppService
from unshelf.deploy.bundles import routes as blobs_api
from unshelf.deploy.bundles.service import BundleService
from unshelf.deploy.bundles.uploads import UploadService
from unshelf.deploy.checks import routes as checks_routes
from unshelf.deploy.checks.service import CheckService
from unshelf.deploy.data_uses import routes as data_uses_routes
from unshelf.deploy.data_uses.service import DataUseService
from unshelf.deploy.deploys import routes as deploys_routes
from unshelf.deploy.deploys.order import DeployDependencies
from unshelf.deploy.deploys.running import RunningDeploys
from unshelf.deploy.deploys.service import DeployService
from unshelf.deploy.deploys.subjects import deploy_source
from unshelf.deploy.deploys.uploaded import UploadedFiles
from unshelf.deploy.files import routes as files_routes
from unshelf.deploy.files.service import VersionFileService
from unshelf.deploy.network import routes as network_routes
from unshelf.deploy.origins import routes as origins_routes
from unshelf.deploy.origins.service import OriginService
from unshelf.deploy.registry import routes as registry_routes
from unshelf.deploy.registry.goal_ties import find_release_to_tie, find_version_to_tie, measured_values, sees_model_of
from unshelf.deploy.registry.networks import NetworkService
from unshelf.deploy.registry.pausing import PauseService
from unshelf.deploy.registry.places import ModelPlaces
from unshelf.deploy.registry.routing import ModelRoutes, WarmList
from unshelf.deploy.registry.search import RegistrySearch
from unshelf.deploy.registry.service import RegistryService
from unshelf.deploy.registry.subjects import model_kind, version_kind
from unshelf.deploy.releases import routes as releases_routes
from unshelf.deploy.releases.ledger import ReleaseLedger
from unshelf.deploy.releases.service import ReleaseService
from unshelf.deploy.samples import routes as samples_routes
from unshelf.deploy.samples.service import SampleService
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.access.model_scopes import ModelScopes
from unshelf.foundation.blob_holds import BlobHolds
from unshelf.foundation.prediction_client import PredictionClient
from unshelf.manage.egress.networks import VersionNetworks
from unshelf.manage.egress.refusals import EgressRefusals
from unshelf.server.wiring.apps import build_asking
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.develop import DevelopParts
from unshelf.server.wiring.manage import ManageParts
from unshelf.server.wiring.quotas import count_deploys


@dataclass(frozen=True, kw_only=True)
class DeployParts:
    """Parts of the wing deploy."""

    bundles: BundleService
    registry: RegistryService
    deploys: DeployService
    ledger: ReleaseLedger
    predictions: PredictionClient
    """Asks the gateways for predictions of the platform's own."""
    uploads: UploadService
    files: UploadedFiles
    reach: NetworkService
    """Shows and changes the networks of versions."""
    refusals: EgressRefusals
    """Connections that their programs were refused."""
    apps: AppService
    """Knows which pages may embed an app."""
    routers: list[APIRouter]


def build_deploy(base: BaseParts, manage: ManageParts, develop: DevelopParts) -> DeployParts:
    """Build the parts of the wing deploy."""
    secrets, environments, host = manage.secrets, develop.environments, base.host
    database, publisher, audit = base.database, base.publisher, base.audit
    networks = VersionNetworks(base.config.egress_allow, base.config.network_default)
    quotas, tiers = manage.quotas.service, manage.quotas.tiers
    bundles, ledger = BundleService(database, base.blobs, environments, host, uploads=base.uploads), ReleaseLedger()
    routes, warm = ModelRoutes(bundles, ledger, secrets, networks, quotas), WarmList()
    running = RunningDeploys(audit, base.loops)
    manage.people.users.add_keeper(running)
    manage.people.users.on_end(running.cancel)
    publisher.contribute("models", routes.names, routes.build)
    quotas.on_change(lambda session: routes.mark_all(session, publisher), publisher.publish)
    publisher.contribute("warm", warm.names, warm.build)
    registry = RegistryService(
        database=database, publisher=publisher, audit=audit, environments=environments, bundles=bundles,
        releases=ledger, secrets=secrets, networks=networks, access=manage.access, subjects=base.subjects, host=host,
    )  # fmt: skip
    manage.access.know_models(registry.has_model)
    manage.projects.add_evidence(registry.stages)
    manage.projects.add_evidence(ledger.stages)
    _register_kinds(base, bundles)
    secrets.serve_only(registry.present_among)
    _tie_goals(manage)
    releases = ReleaseService(
        database=database, publisher=publisher, audit=audit, registry=registry, ledger=ledger, quotas=quotas,
        tiers=tiers, host=host,
    )  # fmt: skip
    uploads = count_deploys(base, manage.quotas, bundles, ledger)
    files = _files(base, manage, environments, uploads)
    data_uses = DataUseService(database, develop.datasets, develop.data, base.subjects)
    deploys = DeployService(
        DeployDependencies(
            database=database, publisher=publisher, audit=audit, environments=environments, bundles=bundles,
            registry=registry, releases=releases, secrets=secrets, projects=manage.projects, host=host,
            data_uses=data_uses, subjects=base.subjects, quotas=quotas, tiers=tiers, networks=networks,
            files=files,
        ),
        base.loops,
    )  # fmt: skip
    predictions = PredictionClient(base.home.run)
    reach, refusals = _reach(base, bundles, networks)
    develop.environments.know_models(registry.environment_of)
    asking = build_asking(base, manage, registry, predictions, data_uses.baseline_of)
    routers = [
        blobs_api.router(uploads),
        *_deploying(uploads, deploys),
        registry_routes.router(registry, ModelPlaces(database, base.events, publisher, secrets, quotas)),
        releases_routes.router(releases, PauseService(database, publisher, audit, quotas)),
        data_uses_routes.router(data_uses, lambda ref: registry.inspect(ref).version_named),
        network_routes.router(reach),
        *_of_versions(base, develop, registry, predictions),
        *asking.routers,
    ]
    return DeployParts(
        bundles=bundles, registry=registry, deploys=deploys, ledger=ledger, predictions=predictions, uploads=uploads,
        files=files, reach=reach, refusals=refusals, apps=asking.apps, routers=routers,
    )  # fmt: skip


def _files(
    base: BaseParts, manage: ManageParts, environments: EnvironmentService, uploads: UploadService
) -> UploadedFiles:
    return UploadedFiles(
        base.database, holds=BlobHolds(base.database, base.blobs, base.uploads), uploads=uploads, environments=environments,
        tiers=manage.quotas.tiers, host=base.host,
    )  # fmt: skip


def _deploying(uploads: UploadService, deploys: DeployService) -> list[APIRouter]:
    return [
        deploys_routes.router(deploys),
        deploys_routes.file_router(deploys),
        samples_routes.router(SampleService(uploads, deploys)),
    ]


def _register_kinds(base: BaseParts, bundles: BundleService) -> None:
    base.subjects.register(model_kind())
    base.subjects.register(version_kind())
    texts = RegistrySearch(bundles)
    base.search_sources.register(texts.models())
    base.search_sources.register(texts.versions())
    base.add_kind(deploy_source(), Permission.DEPLOYS_READ)


def _tie_goals(manage: ManageParts) -> None:
    manage.goals.add_tie_kind("version", find_version_to_tie, sees_model_of)
    manage.goals.add_tie_kind("release", find_release_to_tie, sees_model_of)
    manage.goals.add_source(measured_values)


def _reach(base: BaseParts, bundles: BundleService, networks: VersionNetworks) -> tuple[NetworkService, EgressRefusals]:
    refusals = EgressRefusals(base.database, base.host, base.refusals)
    base.loops.add(refusals.loop())
    service = NetworkService(
        database=base.database, publisher=base.publisher, audit=base.audit, bundles=bundles, networks=networks,
        refusals=refusals,
    )  # fmt: skip
    return service, refusals


def _of_versions(
    base: BaseParts, develop: DevelopParts, registry: RegistryService, predictions: PredictionClient
) -> list[APIRouter]:
    checks = CheckService(
        base.database, base.audit, base.subjects, data=develop.data, inspect=registry.inspect, predict=predictions.predict
    )  # fmt: skip
    files = VersionFileService(
        database=base.database, audit=base.audit, inspect=registry.inspect, scope_of=ModelScopes(base.database).of,
        read=base.blobs.chunks,
    )  # fmt: skip
    return [
        checks_routes.router(checks),
        files_routes.router(files),
        origins_routes.router(OriginService(base.database, base.publisher, base.audit)),
    ]
