"""The first step of a deploy of uploaded files: its bundle, made by the host, is judged and claimed as one that was sent."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from pydantic import ValidationError

from unshelf.contracts.bundle import Manifest
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.protocols.host import Progress
from unshelf.deploy.bundles.service import holder_of_deploy
from unshelf.deploy.data_uses.schemas import BaselineRequest
from unshelf.deploy.deploys.order import DeployDependencies, DeployOrder
from unshelf.deploy.deploys.tables import DeployRow
from unshelf.deploy.deploys.wanted import check_requirements
from unshelf.foundation.access.scopes import model_scope
from unshelf.foundation.loops.claims import Claim
from unshelf.manage.limits import Limits, stored


def bundle_files(
    order: DeployOrder,
    tools: DeployDependencies,
    claim: Claim,
    on_progress: Callable[[Progress], None],
    watch: Callable[[], None],
) -> tuple[DeployOrder, Manifest]:
    """Have the files of a deploy bundled and the bundle held by it; what the files ask for is bounded as what a deployer sends.

    Returns the order as it is then. Raises UnshelfError; then nothing of it is held."""
    made, own = tools.files.bundle(order.id, order.actor, on_progress, watch)
    manifest = made.manifest
    check_requirements([*manifest.requirements, *manifest.constraints])
    tools.networks.must_grant(manifest.network.access, manifest.network.allow)
    baseline = None if made.baseline is None else BaselineRequest(file=msgspec.to_builtins(made.baseline))
    used = tools.data_uses.resolve(order.actor, baseline, None)
    limits = None if made.limits is None else _limits(made.limits)
    with (
        tools.bundles.claim(order.actor, manifest, holder_of_deploy(order.id), own=own) as session,
        tools.quotas.within(session, project=order.project, makers=[order.actor.label]),
    ):
        claim.require(session)
        for each in tools.declared:
            each.check(order.actor, model_scope(order.name, project=order.project), manifest)
        row = session.get_one(DeployRow, order.id)
        row.bundle, row.limits = manifest.digest, stored(limits)
        tools.data_uses.remember(session, order.id, order.name, used)
    return replace(order, bundle=manifest.digest, limits=limits), manifest


def _limits(fields: dict[str, Any]) -> Limits:
    try:
        return Limits.model_validate(fields)
    except ValidationError as error:
        raise InvalidInput(f"The files ask for limits that can't be: {error.errors()[0]['msg']}.") from None
