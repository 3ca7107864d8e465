"""Parts that look at the server's machine: for doctor and the admin page, and for alerts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from unshelf.contracts.machine import MachineCheck
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.machine import routes as machine_routes
from unshelf.manage.machine.certificate import CertificateWatch
from unshelf.manage.machine.clock import ClockWatch
from unshelf.monitor.machine_alerts import MachineAlerts
from unshelf.server.wiring.base import BaseParts


@dataclass(frozen=True, kw_only=True)
class MachineParts:
    """The loop and the routes about the machine."""

    loop: PeriodicLoop
    router: ApiRouter


def build_machine(base: BaseParts, *more: Callable[[], list[MachineCheck]]) -> MachineParts:
    """Build what looks at the machine. `more`: what other parts of control have to say of it."""

    def newest() -> datetime | None:
        events = base.events.newest(limit=1).items
        return events[0].time if events else None

    clock, certificate = ClockWatch(newest), CertificateWatch(base.config.public_url)

    def of_control() -> list[MachineCheck]:
        return [clock.check(), *certificate.checks(), *(check for checks in more for check in checks())]

    alerts = MachineAlerts(base.alerts, lambda: [*base.host.machine().checks, *of_control()])
    return MachineParts(loop=alerts.loop(), router=machine_routes.router(base.host, of_control))
