"""Metrics that bundles declare: judged when a deploy begins, set for its model in the transaction that releases the version."""

from sqlalchemy.orm import Session

from unshelf.contracts.bundle import Manifest
from unshelf.contracts.errors import Forbidden, InvalidInput
from unshelf.contracts.monitoring.metrics import MOST_CODE, DeclaredMetric
from unshelf.contracts.monitoring.monitors import KNOWN_METRICS
from unshelf.contracts.permissions import Permission
from unshelf.contracts.signature import Signature
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import Scope
from unshelf.foundation.database.engine import Database
from unshelf.manage.notifications.notification import PersonNow
from unshelf.monitor.performance.custom.metric import MetricDefinition
from unshelf.monitor.performance.custom.service import CustomMetricService, current, definition_of
from unshelf.monitor.performance.custom.work import CustomMetricWork
from unshelf.runtime.blobs.port import Blobs


class DeclaredMetrics:
    """Sets what bundles declare, with the rights of who deploys. Metrics that a later version declares no more stay."""

    def __init__(
        self, database: Database, blobs: Blobs, metrics: CustomMetricService, work: CustomMetricWork, person_now: PersonNow
    ) -> None:  # fmt: skip
        self._database = database
        self._blobs = blobs
        self._metrics = metrics
        self._work = work
        self._person_now = person_now

    def check(self, actor: Actor, scope: Scope, manifest: Manifest) -> None:
        """Raise Forbidden and InvalidInput for metrics that the actor may not set, and for some that can't be. The bundle's files are here.

        An actor as it was stored has no grants: those that they have now count."""
        self._check_monitors(scope.model or "", manifest)
        if not manifest.metrics:
            return
        asked = actor if actor.grants else self._person_now(actor.id)
        if asked is None:
            raise Forbidden(f"{actor.label!r} may do nothing here any more.")
        for permission in (Permission.RECORDS_READ, Permission.MODEL_RELEASE):
            asked.must(permission, scope)
        wanted = {each.name: self._definition(each, manifest) for each in manifest.metrics}
        with self._database.read() as session:
            self._metrics.check(session, scope.model, wanted)

    def check_found(self, manifest: Manifest, signature: Signature) -> None:
        """Raise nothing: a metric takes rows as they come, and what its code reads of them is seen when it runs."""

    def _check_monitors(self, model: str, manifest: Manifest) -> None:
        """Raise InvalidInput for a monitor of a metric that is neither declared nor the model's."""
        with self._database.read() as session:
            own = {row.name: definition_of(row).better for row in current(session, model)}
        own |= {each.name: each.better for each in manifest.metrics}
        for each in manifest.monitors:
            if each.measure.is_own and each.metric not in own:
                raise InvalidInput(
                    f"The monitor {each.name}: {each.metric!r} is no metric; known are {KNOWN_METRICS}, and those of the model's own.",
                    hint="Mend the name, or declare it: [[metrics]].",
                )
            if each.measure.is_own and not each.worse and own[each.metric] == "neither":
                raise InvalidInput(
                    f"The monitor {each.name}: the metric {each.metric} does not say which of its values are better.",
                    hint='Say it: worse = "below" or "above" in [[monitors]], or better = "higher" or "lower" in [[metrics]].',
                )

    def apply(self, session: Session, actor: Actor, model: str, manifest: Manifest) -> None:
        """Set the metrics in the caller's transaction, and have them evaluated. Raises InvalidInput where there are too many by now."""
        for each in manifest.metrics:
            self._metrics.put(session, actor, model, each.name, self._definition(each, manifest))
        if manifest.metrics:
            self._work.add(session, model)

    def applied(self) -> None:
        """Wake what evaluates, after the transaction."""
        self._work.wake()

    def _definition(self, metric: DeclaredMetric, manifest: Manifest) -> MetricDefinition:
        file = next(each for each in manifest.files if each.path == metric.file)
        if file.size > MOST_CODE:
            raise InvalidInput(
                f"The metric {metric.name}: the file {metric.file!r} has more than {MOST_CODE // 1000} KB.",
                hint="A metric is a small function: give it a file of its own.",
            )
        try:
            code = self._blobs.read(file.sha256).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InvalidInput(
                f"The metric {metric.name}: the file {metric.file!r} is no text in UTF-8.", hint="Save it as UTF-8."
            ) from None
        return MetricDefinition(
            code=code, function=metric.called, description=metric.description, better=metric.better, tier=metric.tier
        )
