"""Tiers over HTTP."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.foundation.clock import now
from unshelf.foundation.web.guard import CurrentActor, requires, requires_token
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.tiers.schemas import (
    TierDetail,
    TierList,
    TierRequest,
    TierRightDetail,
    TierRightList,
    TierRightRequest,
    tier_view,
)
from unshelf.manage.tiers.service import TierService

_MAY_MANAGE = [requires(Permission.QUOTAS_MANAGE)]
_MAY_READ = [requires(Permission.QUOTAS_MANAGE, otherwise=Permission.USERS_READ)]


def router(tiers: TierService) -> ApiRouter:
    """`/tiers`, and the rights to each."""
    routes = ApiRouter(tags=["tiers"])

    @routes.get("/tiers", dependencies=[requires_token()])
    def list_tiers(
        actor: CurrentActor,
        project: Annotated[str | None, Query(max_length=64, description="Where the actor wants to use them.")] = None,
    ) -> TierList:
        """List the tiers with their hardware and price, which of them the actor may use, and how busy each is with jobs."""
        usable, queues = tiers.usable(actor, project), tiers.queues()
        shown = [tier_view(tier, may_use=tier.name in usable, queue=queues.get(tier.name)) for tier in tiers.list_all()]
        return TierList(tiers=shown)

    @routes.put("/tiers/{tier}", responses=problem_answers("not_found"), dependencies=_MAY_MANAGE)
    def set_tier(tier: str, wanted: TierRequest, actor: CurrentActor) -> TierDetail:
        """Set the price of a tier, and whether it takes a right to use it."""
        changed = tiers.change(
            actor, tier, price=wanted.price, currency=wanted.currency, restricted=wanted.restricted,
            reason=wanted.reason,
        )  # fmt: skip
        return tier_view(changed, may_use=True, queue=tiers.queues().get(tier))

    @routes.get("/tiers/{tier}/rights", responses=problem_answers("not_found"), dependencies=_MAY_READ)
    def list_tier_rights(tier: str) -> TierRightList:
        """List who has a right to the tier."""
        return TierRightList(rights=[TierRightDetail.model_validate(each) for each in tiers.rights(tier)])

    @routes.post(
        "/tiers/{tier}/rights", responses=problem_answers("not_found"), status_code=201, dependencies=_MAY_MANAGE
    )
    def grant_tier(tier: str, wanted: TierRightRequest, actor: CurrentActor) -> TierRightDetail:
        """Give a user, a group, a role or a project the right to the tier."""
        seconds = wanted.expires_in_seconds
        right = tiers.grant(
            actor, tier, wanted.kind, wanted.name, reason=wanted.reason,
            expires_at=None if seconds is None else now() + timedelta(seconds=seconds),
        )  # fmt: skip
        return TierRightDetail.model_validate(right)

    @routes.delete(
        "/tiers/{tier}/rights/{id}", responses=problem_answers("not_found"), status_code=204, dependencies=_MAY_MANAGE
    )
    def revoke_tier(
        tier: str, id: str, actor: CurrentActor, reason: Annotated[str, Query(max_length=1000)] = ""
    ) -> None:
        """Take a right away: nothing new is deployed with it, and what runs goes on."""
        tiers.revoke(actor, tier, id, reason=reason)

    return routes
