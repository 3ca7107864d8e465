"""Parts that look at the server's machine: for doctor and the admin page, and for alerts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from unshelf.contracts.machine import MachineCheck
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.scopes import INSTALLATION
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.machine import routes as machine_routes
from unshelf.manage.machine.certificate import CertificateWatch
from unshelf.manage.machine.clock import ClockWatch
from unshelf.manage.machine.mail_server import MailServerWatch
from unshelf.monitor.machine_alerts import MachineAlerts
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.people import PeopleParts


@dataclass(frozen=True, kw_only=True)
class MachineParts:
    """The loop and the routes about the machine."""

    loop: PeriodicLoop
    router: ApiRouter


def build_machine(base: BaseParts, people: PeopleParts, *more: Callable[[], list[MachineCheck]]) -> MachineParts:
    """Build what looks at the machine. `more`: what other parts of control have to say of it."""

    def newest() -> datetime | None:
        events = base.events.newest(limit=1).items
        return events[0].time if events else None

    def reaches_administrators() -> bool:
        with base.database.read() as session:
            administrators = people.actors.with_permission(session, Permission.PLATFORM_MANAGE, INSTALLATION)
            return any(people.users.email_of(session, each) for each in administrators)

    mail = MailServerWatch(base.config.smtp, reaches_administrators, for_others=bool(base.config.public_url))
    clock, certificate = ClockWatch(newest), CertificateWatch(base.config.public_url)

    def of_control() -> list[MachineCheck]:
        return [clock.check(), *certificate.checks(), *mail.checks(), *(check for checks in more for check in checks())]

    alerts = MachineAlerts(base.alerts, lambda: [*base.host.machine().checks, *of_control()])
    return MachineParts(loop=alerts.loop(), router=machine_routes.router(base.host, of_control))
