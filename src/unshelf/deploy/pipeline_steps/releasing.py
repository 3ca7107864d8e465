"""The step that gives a version its traffic."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import Reference
from unshelf.deploy.pipeline_steps.arguments import argument, numbered, reference_argument
from unshelf.deploy.releases.service import ReleaseService
from unshelf.develop.pipelines.run import StepOrder, StepOutcome
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import ModelScopes

_MOST_PERCENT = 100.0


class ReleasingStep:
    """Releases versions. The same release again changes nothing."""

    def __init__(self, releases: ReleaseService, scopes: ModelScopes) -> None:
        self._releases = releases
        self._scopes = scopes

    def begin(self, actor: Actor, order: StepOrder) -> StepOutcome:
        """Release a version. Raises as `ReleaseService.release`, and Forbidden."""
        name, version = numbered(reference_argument(order.arguments, "version"))
        percent = argument(order.arguments, "percent", float, _MOST_PERCENT)
        if not 0 < percent <= _MOST_PERCENT:
            raise InvalidInput(f"A version gets more than 0 and at most 100 percent, got {percent:g}.")
        actor.must_see(self._scopes.of(name))
        actor.must(Permission.MODEL_RELEASE, self._scopes.of(name))
        shares = self._releases.release(name, version, percent, actor)
        reference = str(Reference(name, version=version))
        live = [{"version": share.version, "percent": share.percent} for share in shares]
        return StepOutcome(
            state="succeeded", facts={"version": reference, "live": live, "value": {"version": reference}}
        )

    def look(self, _session: Session, _facts: Mapping[str, Any]) -> StepOutcome | None:
        """Return None: `begin` does all of it."""
        return None

    def cancel(self, actor: Actor | None, facts: Mapping[str, Any]) -> None:
        """Do nothing: a release takes a moment, and one that was made stays."""
