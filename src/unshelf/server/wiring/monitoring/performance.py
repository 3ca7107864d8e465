"""Parts that take labels and join them with predictions."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from unshelf.contracts.errors import NotFound
from unshelf.contracts.signature import Columns, Signature, Tensors
from unshelf.deploy.registry.version_facts import VersionFacts
from unshelf.foundation.blob_holds import BlobHolds
from unshelf.foundation.clock import now
from unshelf.foundation.loops.loops import PeriodicLoop, QueueLoop
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance import routes as quality_routes
from unshelf.monitor.performance.custom import routes as custom_routes
from unshelf.monitor.performance.custom.declared import DeclaredMetrics
from unshelf.monitor.performance.custom.service import CustomMetricService, forget_removed
from unshelf.monitor.performance.custom.work import CustomMetricWork, MetricDependencies
from unshelf.monitor.performance.estimates.edges import edges_in
from unshelf.monitor.performance.intake import QualityIntake, QualitySources
from unshelf.monitor.performance.service import QualityService
from unshelf.monitor.performance.value import routes as value_routes
from unshelf.monitor.performance.value.service import ValueService
from unshelf.monitor.performance.watching import QualityWatch
from unshelf.monitor.retraining import routes as collections_routes
from unshelf.monitor.retraining.service import CollectionDependencies, CollectionsAgain, CollectionService
from unshelf.records.labels import routes as labels_routes
from unshelf.records.labels.label import LabelRule, class_name
from unshelf.records.labels.service import LabelService
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.deploy import DeployParts
from unshelf.server.wiring.develop import DevelopParts
from unshelf.server.wiring.manage import ManageParts
from unshelf.server.wiring.monitoring.windows import WindowParts

_NUMERIC = ("int", "uint", "float")


@dataclass(frozen=True, kw_only=True)
class PerformanceParts:
    """Parts of labels and quality."""

    labels: LabelService
    intake: QualityIntake
    quality: QualityService
    custom: CustomMetricWork
    collections: CollectionService
    loops: list[QueueLoop | PeriodicLoop]
    routers: list[ApiRouter]


def build_performance(
    base: BaseParts, manage: ManageParts, develop: DevelopParts, deploy: DeployParts, windows: WindowParts
) -> PerformanceParts:
    """Build the parts."""
    config, home, facts, columns = base.config, base.home, deploy.facts, windows.columns

    def rule_of(model: str) -> LabelRule:
        numbers = facts.numbers(model)
        if not numbers:
            raise NotFound(f"There is no model {model[:80]!r}.", hint="Labels name the model that predicted.")
        return label_rule(columns.known(model, numbers[-1]), facts.of(model, numbers[-1]))

    def roles_of(model: str, version: int) -> ColumnRoles:
        return with_one_answer(columns.known(model, version), facts.of(model, version).signature)

    def edges_of(model: str, version: int) -> dict[str, list[float]]:
        reference = windows.service.reference_of(model, version)
        roles = roles_of(model, version)
        return {} if reference is None else edges_in(reference.profile, roles.prediction)

    def must_exist(model: str) -> None:
        if not facts.numbers(model):
            raise NotFound(f"There is no model {model[:80]!r}.")

    labels = LabelService(base.database, rule_of)
    sources = QualitySources(
        predictions=home.predictions, setting=config.predictions, s3_endpoint=config.s3_endpoint, run=home.run,
        roles_of=roles_of, edges_of=edges_of,
    )  # fmt: skip
    intake = QualityIntake(base.database, sources, base.loops)
    labels.on_labels(intake.labelled, intake.wake)
    windows.service.on_change(intake.counted)
    columns.on_change(intake.changed)
    service = QualityService(base.database, roles_of=roles_of, versions_of=facts.numbers)
    watch = QualityWatch(base.alerts, service, owner_of=deploy.registry.maker, clock=now)
    intake.on_change(watch.look)
    custom = _build_custom(base, manage, develop, deploy, sources)
    custom.on_values(watch.look)
    intake.on_change(custom.changed)
    metrics = _metric_service(base, manage, deploy, custom, must_exist)
    collections = CollectionService(
        CollectionDependencies(
            database=base.database, events=base.events, loops=base.loops, sources=sources, versions_of=facts.numbers,
            datasets=develop.datasets, blobs=base.blobs, uploads=base.uploads,
            person_now=manage.people.identity.person_now,
        )
    )  # fmt: skip
    develop.starters.register("collection", CollectionsAgain(collections))
    return PerformanceParts(
        labels=labels, intake=intake, quality=service, custom=custom, collections=collections,
        loops=[intake.loop(), collections.loop(), *custom.loops()],
        routers=[
            collections_routes.router(collections),
            labels_routes.router(labels), quality_routes.router(service, deploy.registry.address),
            custom_routes.router(metrics),
            value_routes.router(ValueService(base.database, base.audit, must_exist)),
        ],
    )  # fmt: skip


def _build_custom(
    base: BaseParts, manage: ManageParts, develop: DevelopParts, deploy: DeployParts, sources: QualitySources
) -> CustomMetricWork:
    return CustomMetricWork(
        MetricDependencies(
            database=base.database, loops=base.loops, sources=sources, jobs=develop.jobs, blobs=base.blobs,
            holds=BlobHolds(base.database, base.blobs, base.uploads), inspect=deploy.registry.inspect,
            person_now=manage.people.identity.person_now, tiers=base.config.tiers,
        )
    )  # fmt: skip


def _metric_service(
    base: BaseParts, manage: ManageParts, deploy: DeployParts, work: CustomMetricWork, must_exist: Callable[[str], None]
) -> CustomMetricService:
    metrics = CustomMetricService(base.database, base.audit, must_exist, manage.quotas.tiers.must_exist)
    base.subjects.on_removed(forget_removed)
    metrics.on_change(lambda model: work.changed([model]))
    person_now = manage.people.identity.person_now
    deploy.deploys.declares(DeclaredMetrics(base.database, base.blobs, metrics, work, person_now))
    return metrics


def with_one_answer(roles: ColumnRoles, signature: Signature | None) -> ColumnRoles:
    """Return roles whose prediction has one value a row: a tensor with several has no label that it can be held against."""
    outputs = None if signature is None else signature.outputs
    for tensor in outputs.tensors if isinstance(outputs, Tensors) else ():
        if tensor.name == roles.prediction and any(length != 1 for length in tensor.shape[1:]):
            return replace(roles, prediction=None)
    return roles


def label_rule(roles: ColumnRoles, facts: VersionFacts) -> LabelRule:
    """Return the values that labels of a version may have."""
    has_key = roles.key is not None
    if roles.task == "regression":
        return LabelRule(kind="number", has_key=has_key)
    if roles.task != "classification":
        return LabelRule(has_key=has_key)
    outputs = facts.signature.outputs if facts.signature is not None else None
    entries = () if outputs is None else outputs.columns if isinstance(outputs, Columns) else outputs.tensors
    kind = next((entry.type for entry in entries if entry.name == roles.prediction), "")
    classes = tuple(map(class_name, roles.classes))
    return LabelRule(kind="class", classes=classes, is_numeric=kind.startswith(_NUMERIC), has_key=has_key)
