"""Parts that tell people things."""

from collections.abc import Callable
from dataclasses import dataclass

from unshelf.foundation.access.actors import SYSTEM
from unshelf.foundation.loops.loops import QueueLoop
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.notifications import routes as notifications_routes
from unshelf.manage.notifications.mail import MailQueue
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.users import routes as users_routes
from unshelf.manage.users.attempts import LoginAttempts
from unshelf.manage.users.forgotten import ForgottenPasswords
from unshelf.manage.users.link_mails import LinkMails
from unshelf.manage.webhooks import routes as webhooks_routes
from unshelf.manage.webhooks.deliveries import DeliveryQueue
from unshelf.manage.webhooks.destinations import Destinations
from unshelf.manage.webhooks.service import WebhookService
from unshelf.runtime.sealing import Sealer
from unshelf.server.wiring.base import BaseParts, link_address
from unshelf.server.wiring.people import PeopleParts


@dataclass(frozen=True, kw_only=True)
class NotificationParts:
    """Parts that tell people things."""

    service: NotificationService
    webhooks: WebhookService
    deliveries: DeliveryQueue
    loops: list[QueueLoop]
    prune: Callable[[], None]
    """Delete what is too old to be kept."""
    routers: list[ApiRouter]


def build_notifications(base: BaseParts, people: PeopleParts) -> NotificationParts:
    """Build the inbox, and what sends e-mails and webhooks."""
    config, sealer, users = base.config, Sealer(base.home.secrets_key), people.users
    notifications = NotificationService(base.database, base.subjects, people.identity.person_now)
    destinations = Destinations(config.webhook_hosts)
    deliveries = DeliveryQueue(
        base.database,
        base.events,
        loops=base.loops,
        sealer=sealer,
        destinations=destinations,
        notifications=notifications,
        failing_days=config.webhook_days,
        public_url=link_address(base),
    )
    notifications.send_webhooks_by(deliveries)
    loops, links = [deliveries.loop()], None
    if config.smtp.host:
        mail = MailQueue(
            base.database, base.loops, config.smtp, users.email_of, may_hear=notifications.may_hear,
            public_url=link_address(base),
        )  # fmt: skip
        notifications.send_mail_by(mail)
        links = LinkMails(notifications, link_address(base))
        for kind, letter in links.letters().items():
            mail.add_letter(kind, letter)
        users.mail_links_by(links.post)
        loops.append(mail.loop())
    attempts = LoginAttempts(base.database, base.events)
    forgotten = ForgottenPasswords(base.database, base.loops, users=users, attempts=attempts, mails=links)
    loops += forgotten.loops()
    webhooks = WebhookService(
        base.database, base.events, loops=base.loops, sealer=sealer, destinations=destinations, deliveries=deliveries
    )

    users.on_end(lambda session, user: webhooks.delete_own(session, SYSTEM, user.id))

    def prune() -> None:
        notifications.prune(config.notification_days)
        deliveries.prune(config.notification_days)

    routers = [
        notifications_routes.router(notifications),
        webhooks_routes.router(webhooks),
        users_routes.forgotten_router(forgotten),
    ]
    return NotificationParts(
        service=notifications, webhooks=webhooks, deliveries=deliveries, loops=loops, prune=prune, routers=routers
    )
