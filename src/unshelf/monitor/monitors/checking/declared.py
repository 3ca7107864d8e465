"""Monitors that bundles declare: judged when a deploy begins, and once its check has found the signature."""

from sqlalchemy.orm import Session

from unshelf.contracts.bundle import Manifest
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.monitoring.columns import ModelFacts, facts_in
from unshelf.contracts.monitoring.monitors import declared_fault
from unshelf.contracts.signature import Signature
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import Scope
from unshelf.monitor.monitors.checking.facts import facts_found


class DeclaredMonitors:
    """Refuses monitors that can't judge anything. They need not be set: they are read from the version that is live."""

    def check(self, actor: Actor, scope: Scope, manifest: Manifest) -> None:  # noqa: ARG002 - who deploys may declare them
        """Raise InvalidInput for a monitor that its version can't have, as far as the manifest says."""
        _check(manifest, facts_in(manifest.signature))

    def check_found(self, manifest: Manifest, signature: Signature) -> None:
        """Raise InvalidInput for a monitor of a column that the version has not."""
        _check(manifest, facts_found(signature))

    def apply(self, session: Session, actor: Actor, model: str, manifest: Manifest) -> None:
        """Change nothing: they come and go with their version."""

    def applied(self) -> None:
        """Do nothing."""


def _check(manifest: Manifest, facts: ModelFacts) -> None:
    for each in manifest.monitors:
        fault = declared_fault(each, facts)
        if fault is not None:
            raise InvalidInput(f"The monitor {each.name}: {fault.said}.", hint=fault.hint)
