"""Capacity and waste over HTTP."""

from unshelf.contracts.permissions import Permission
from unshelf.foundation.clock import now
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.usage.routes import OfMonth, OfProject
from unshelf.manage.usage.usage import month_of, parse_month
from unshelf.monitor.capacity.schemas import (
    CapacityView,
    JobNowView,
    TierCapacity,
    WarmWorkerView,
    WasteList,
    WasteView,
)
from unshelf.monitor.capacity.service import CapacityService
from unshelf.monitor.capacity.waste import WasteService

_READ = [requires(Permission.PROJECT_READ, otherwise=Permission.USAGE_READ, anywhere=True)]


def router(capacity: CapacityService, waste: WasteService, currency: str) -> ApiRouter:
    """`/capacity` and `/usage/waste`."""
    routes = ApiRouter(tags=["usage"])

    @routes.get("/capacity", dependencies=[requires(Permission.PLATFORM_READ)])
    def show_capacity() -> CapacityView:
        """Show who uses the machine now, who waits for it and why, and which workers are warm and why."""
        found = capacity.look()
        running = [each.tier for each in found.running]
        tiers = [
            TierCapacity(tier=name, free=queue.free, running=running.count(name), waiting=queue.waiting)
            for name, queue in sorted(found.queues.items())
        ]
        return CapacityView(
            tiers=tiers,
            running=[JobNowView.model_validate(each) for each in found.running],
            waiting=[JobNowView.model_validate(each) for each in found.waiting],
            warm=None if found.warm is None else [WarmWorkerView.model_validate(each) for each in found.warm],
        )

    @routes.get("/usage/waste", responses=problem_answers("not_found"), dependencies=_READ)
    def show_waste(actor: CurrentActor, month: OfMonth = None, project: OfProject = None) -> WasteList:
        """List what was paid for within a month and brought nothing, with what to do about it."""
        wanted = month_of(now()) if month is None else parse_month(month)
        findings = [WasteView.model_validate(each) for each in waste.find(actor, wanted, project)]
        return WasteList(month=str(wanted), currency=currency, findings=findings)

    return routes
