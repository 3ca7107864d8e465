"""Parts of the wing deploy."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.deploy.apps.service import AppService
from unshelf.deploy.benches import routes as benches_routes
from unshelf.deploy.benches.service import BenchDependencies, BenchService
from unshelf.deploy.benches.subjects import bench_source, benches_of_jobs
from unshelf.deploy.benches.work import BenchWork, BenchWorkDependencies
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
from unshelf.deploy.pipeline_steps import approval
from unshelf.deploy.pipeline_steps.approval import ApprovalRequests, ApprovalStep
from unshelf.deploy.pipeline_steps.comparing import ComparingStep
from unshelf.deploy.pipeline_steps.deploying import DeployingStep
from unshelf.deploy.pipeline_steps.releasing import ReleasingStep
from unshelf.deploy.registry import routes as registry_routes
from unshelf.deploy.registry.goal_ties import find_release_to_tie, find_version_to_tie, measured_values, sees_model_of
from unshelf.deploy.registry.networks import NetworkService
from unshelf.deploy.registry.pausing import PauseService
from unshelf.deploy.registry.places import ModelPlaces
from unshelf.deploy.registry.routing import ModelRoutes, WarmList
from unshelf.deploy.registry.search import RegistrySearch
from unshelf.deploy.registry.service import RegistryService
from unshelf.deploy.registry.subjects import model_kind, version_kind, versions_of_jobs
from unshelf.deploy.registry.version_facts import VersionFactsReader
from unshelf.deploy.releases import routes as releases_routes
from unshelf.deploy.releases.ledger import ReleaseLedger
from unshelf.deploy.releases.service import ReleaseService
from unshelf.deploy.samples import routes as samples_routes
from unshelf.deploy.samples.service import SampleService
from unshelf.deploy.scorings import routes as scorings_routes
from unshelf.deploy.scorings.service import ScoringDependencies, ScoringsAgain, ScoringService
from unshelf.deploy.scorings.subjects import ScoringFiles, scoring_source, scorings_of_jobs
from unshelf.deploy.scorings.work import ScoringWork, WorkDependencies
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.access.model_scopes import ModelScopes
from unshelf.foundation.blob_holds import BlobHolds
from unshelf.foundation.prediction_client import PredictionClient
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.egress.networks import VersionNetwork, VersionNetworks
from unshelf.manage.egress.refusals import EgressRefusals
from unshelf.manage.usage.prices import PriceService
from unshelf.runtime.blobs.port import BlobSettings
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
    releases: ReleaseService
    ledger: ReleaseLedger
    pausing: PauseService
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
    data_uses: DataUseService
    """Keeps the profiles of baselines."""
    facts: VersionFactsReader
    routers: list[ApiRouter]


def build_deploy(base: BaseParts, manage: ManageParts, develop: DevelopParts) -> DeployParts:
    """Build the parts of the wing deploy."""
    secrets, environments, host = manage.secrets, develop.environments, base.host
    database, publisher, audit = base.database, base.publisher, base.audit
    networks = VersionNetworks(base.config.egress_allow, base.config.network_default)
    quotas, tiers = manage.quotas.service, manage.quotas.tiers
    bundles = BundleService(
        database, base.blobs, environments, host, uploads=base.uploads, backup_lock=base.home.backup_lock
    )
    ledger = ReleaseLedger()
    _publish_models(base, manage, bundles, ledger, networks)
    running = RunningDeploys(audit, base.loops)
    manage.people.users.add_keeper(running)
    manage.people.users.on_end(running.cancel)
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
    releases, pausing = _releasing(base, manage, registry, ledger)
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
        releases_routes.router(releases, pausing),
        data_uses_routes.router(data_uses, lambda ref: registry.inspect(ref).version_named),
        network_routes.router(reach),
        *_of_versions(base, develop, registry, predictions),
        _build_scorings(base, manage, develop, registry, reach=reach, data_uses=data_uses),
        _build_benches(base, manage, develop, registry, reach=reach, data_uses=data_uses),
        *asking.routers,
    ]
    return DeployParts(
        bundles=bundles, registry=registry, deploys=deploys, releases=releases, ledger=ledger, pausing=pausing,
        predictions=predictions, uploads=uploads, files=files, reach=reach, refusals=refusals, apps=asking.apps, data_uses=data_uses,
        facts=VersionFactsReader(database, bundles), routers=routers,
    )  # fmt: skip


def _publish_models(
    base: BaseParts, manage: ManageParts, bundles: BundleService, ledger: ReleaseLedger, networks: VersionNetworks
) -> None:
    """Have models be parts of the routing state, and be published anew where a quota or the price of a tier changes."""
    publisher, quotas, tiers = base.publisher, manage.quotas.service, manage.quotas.tiers
    prices = PriceService(base.database, base.events, base.config.currency)
    routes, warm = ModelRoutes(bundles, ledger, manage.secrets, networks, quotas, prices=prices), WarmList()

    def mark_all(session: Session) -> None:
        routes.mark_all(session, publisher)

    publisher.contribute("models", routes.names, routes.build)
    publisher.contribute("warm", warm.names, warm.build)
    quotas.on_change(mark_all, publisher.publish)
    tiers.on_change, tiers.after_change = mark_all, publisher.publish


def _releasing(
    base: BaseParts, manage: ManageParts, registry: RegistryService, ledger: ReleaseLedger
) -> tuple[ReleaseService, PauseService]:
    quotas = manage.quotas.service
    releases = ReleaseService(
        database=base.database, publisher=base.publisher, audit=base.audit, registry=registry, ledger=ledger,
        quotas=quotas, tiers=manage.quotas.tiers, host=base.host,
    )  # fmt: skip
    return releases, PauseService(base.database, base.publisher, base.audit, quotas)


def _files(
    base: BaseParts, manage: ManageParts, environments: EnvironmentService, uploads: UploadService
) -> UploadedFiles:
    return UploadedFiles(
        base.database, holds=BlobHolds(base.database, base.blobs, base.uploads), uploads=uploads, environments=environments,
        tiers=manage.quotas.tiers, host=base.host,
    )  # fmt: skip


def _deploying(uploads: UploadService, deploys: DeployService) -> list[ApiRouter]:
    return [
        deploys_routes.router(deploys),
        deploys_routes.file_router(deploys),
        samples_routes.router(SampleService(uploads, deploys)),
    ]


def _register_kinds(base: BaseParts, bundles: BundleService) -> None:
    base.subjects.register(model_kind())
    base.subjects.register(version_kind())
    base.job_mentions.add(versions_of_jobs)
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
) -> list[ApiRouter]:
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


def register_pipeline_steps(base: BaseParts, manage: ManageParts, develop: DevelopParts, deploy: DeployParts) -> None:
    """Have the wing carry out its steps of pipelines."""
    steps, scopes = develop.platform_steps, ModelScopes(base.database)
    manage.requests.register(approval.KIND, ApprovalRequests())
    steps.register("deploy", DeployingStep(deploy.deploys))
    steps.register("release", ReleasingStep(deploy.releases, scopes))
    steps.register("approval", ApprovalStep(manage.requests, scopes))
    steps.register(
        "compare",
        ComparingStep(
            inspect=deploy.registry.inspect, predict=deploy.predictions.predict, scopes=scopes, data=develop.data,
            datasets=develop.datasets,
        ),
    )  # fmt: skip


def _build_scorings(
    base: BaseParts,
    manage: ManageParts,
    develop: DevelopParts,
    registry: RegistryService,
    *,
    reach: NetworkService,
    data_uses: DataUseService,
) -> ApiRouter:
    """Build what scores, have its loops run, and return its routes."""
    holds = BlobHolds(base.database, base.blobs, base.uploads)
    settings = BlobSettings(setting=base.config.blobs, folder=base.home.blobs, s3_endpoint=base.config.s3_endpoint)

    def networks_of(model: str) -> Mapping[int, VersionNetwork]:
        return reach.networks_of(model)

    work = ScoringWork(
        WorkDependencies(
            database=base.database, events=base.events, subjects=base.subjects, notifications=manage.notifications.service,
            blobs=base.blobs, settings=settings, holds=holds, uploads=base.uploads, loops=base.loops, run=base.home.run,
            predictions=base.home.predictions, data=develop.data, datasets=develop.datasets, jobs=develop.jobs,
            inspect=registry.inspect, networks_of=networks_of, secrets_of=manage.secrets.values,
            person_now=manage.people.identity.person_now, tiers=base.config.tiers,
        )
    )  # fmt: skip
    base.loops.add_all(work.loops())
    service = ScoringService(
        ScoringDependencies(
            database=base.database, events=base.events, subjects=base.subjects, blobs=base.blobs, holds=holds, loops=base.loops,
            data=develop.data, jobs=develop.jobs, tiers=manage.quotas.tiers, quotas=manage.quotas.service,
            inspect=registry.inspect, scope_of=ModelScopes(base.database).of,
            baseline_dataset_of=data_uses.baseline_dataset, sizes=base.config.tiers,
        )
    )  # fmt: skip
    develop.starters.register("scoring", ScoringsAgain(service))
    manage.quotas.service.add_disk(ScoringFiles())
    base.add_kind(scoring_source(), Permission.JOBS_READ)
    base.job_mentions.add(scorings_of_jobs)
    return scorings_routes.router(service)


def _build_benches(
    base: BaseParts,
    manage: ManageParts,
    develop: DevelopParts,
    registry: RegistryService,
    *,
    reach: NetworkService,
    data_uses: DataUseService,
) -> ApiRouter:
    """Build what measures versions, have its loops run, and return its routes."""
    holds = BlobHolds(base.database, base.blobs, base.uploads)
    settings = BlobSettings(setting=base.config.blobs, folder=base.home.blobs, s3_endpoint=base.config.s3_endpoint)
    prices = PriceService(base.database, base.events, base.config.currency)

    def networks_of(model: str) -> Mapping[int, VersionNetwork]:
        return reach.networks_of(model)

    work = BenchWork(
        BenchWorkDependencies(
            database=base.database, events=base.events, subjects=base.subjects, blobs=base.blobs, settings=settings, holds=holds,
            loops=base.loops, run=base.home.run, jobs=develop.jobs, inspect=registry.inspect, machine=base.host.machine,
            networks_of=networks_of, secrets_of=manage.secrets.values, baseline_of=data_uses.baseline_of,
            person_now=manage.people.identity.person_now, prices=prices.list_all, tiers=base.config.tiers,
        )
    )  # fmt: skip
    base.loops.add_all(work.loops())
    service = BenchService(
        BenchDependencies(
            database=base.database, events=base.events, subjects=base.subjects, holds=holds, loops=base.loops, data=develop.data,
            jobs=develop.jobs, tiers=manage.quotas.tiers, quotas=manage.quotas.service, inspect=registry.inspect,
            machine=base.host.machine, scope_of=ModelScopes(base.database).of, sizes=base.config.tiers, currency=prices.currency,
        )
    )  # fmt: skip
    base.add_kind(bench_source(), Permission.JOBS_READ)
    base.job_mentions.add(benches_of_jobs)
    return benches_routes.router(service)
