"""Webhooks: registered, listed, changed, tried and deleted by who owns them."""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.manage.notifications.notification import Notification
from unshelf.manage.projects.lookup import find_project
from unshelf.manage.webhooks.deliveries import (
    EVENTS_KIND,
    LOOP,
    TEST_KIND,
    DeliveryQueue,
    about,
    host_of,
    webhook_subject,
)
from unshelf.manage.webhooks.destinations import Destinations
from unshelf.manage.webhooks.formats import WebhookFormat
from unshelf.manage.webhooks.tables import WebhookDeliveryRow, WebhookRow
from unshelf.manage.webhooks.webhook import Delivery, Webhook, WebhookOwner, WebhookState, delivery_of, webhook_of
from unshelf.runtime.sealing import SealBroken, Sealed, Sealer

_MOST_OF_ONE_OWNER = 20
_MOST_KINDS = 50
_MOST_KIND = 64

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class WebhookChange:
    """Changes of a webhook; None leaves something as it is."""

    url: str | None = None
    kinds: Sequence[str] | None = None
    format: WebhookFormat | None = None
    state: WebhookState | None = None


class WebhookService:
    """Keeps the webhooks: a person's own, and those of projects, which who may manage the project answers for."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        *,
        loops: Loops,
        sealer: Sealer,
        destinations: Destinations,
        deliveries: DeliveryQueue,
    ) -> None:
        self._database = database
        self._events = events
        self._loops = loops
        self._sealer = sealer
        self._destinations = destinations
        self._deliveries = deliveries

    def register(
        self, actor: Actor, url: str, *, kinds: Sequence[str] = (), format: WebhookFormat = "unshelf",
        project: str | None = None,
    ) -> tuple[Webhook, str]:  # fmt: skip
        """Register a webhook of the actor's own, or of a project; returns it with its secret, which is shown this once.

        Raises InvalidInput for a URL that a webhook may not lead to, NotFound without such a project, Conflict for one too many."""
        owner = self._owner(actor, project)
        self._destinations.check(url)
        _check_kinds(actor, kinds, project)
        _check_format(format, kinds)
        id, secret = new_id(), f"whsec_{secrets.token_urlsafe(32)}"
        try:
            sealed = self._sealer.seal(secret.encode(), about=about(id))
        except SealBroken as error:
            raise Conflict(f"Secrets can't be encrypted: {error}.") from None
        with self._database.transaction() as session:
            if project is not None:
                find_project(session, project)
            if (session.scalar(_of(owner).with_only_columns(func.count())) or 0) >= _MOST_OF_ONE_OWNER:
                raise Conflict("There are too many webhooks already.", hint="Delete one that nobody needs.")
            row = WebhookRow(
                id=id, owner_kind=owner.kind, owner=owner.name, url=url, kinds=list(kinds), format=format, state="active",
                disabled_because="", failing_since=None, key_id=sealed.key_id, sealed=sealed.content, created_at=now(),
                created_by=actor.label, created_by_id=actor.id,
            )  # fmt: skip
            session.add(row)
            after = {"host": host_of(row), "kinds": list(kinds), "format": format}
            self._events.record(session, actor, "webhook.registered", webhook_subject(row), after=after)
            return webhook_of(row), secret

    def list_of(
        self, actor: Actor, *, project: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[Webhook]:
        """List the actor's own webhooks, or those of a project, the newest first."""
        query = _of(self._owner(actor, project))
        with self._database.read() as session:
            if project is not None:
                find_project(session, project)
            page = read_page(session, query, [SortKey(WebhookRow.id, descending=True)], limit=limit, cursor=cursor)
            return Page(page.map(webhook_of), page.next_cursor)

    def show(self, actor: Actor, id: str) -> Webhook:
        """Return a webhook. Raises NotFound where there is none that the actor answers for."""
        with self._database.read() as session:
            return webhook_of(self._row(session, actor, id))

    def change(self, actor: Actor, id: str, wanted: WebhookChange) -> Webhook:
        """Change where a webhook leads and what it gets; disable it, or enable it again."""
        if wanted.url is not None:
            self._destinations.check(wanted.url)
        with self._database.transaction() as session:
            row = self._row(session, actor, id)
            if wanted.kinds is not None:
                _check_kinds(actor, wanted.kinds, row.owner if row.owner_kind == "project" else None)
            before = _described(row)
            row.url = row.url if wanted.url is None else wanted.url
            row.kinds = row.kinds if wanted.kinds is None else list(wanted.kinds)
            row.format = row.format if wanted.format is None else wanted.format
            _check_format(row.format, row.kinds)
            if wanted.state is not None:
                row.state, row.disabled_because, row.failing_since = wanted.state, "", None
            after = _described(row)
            self._events.record(session, actor, "webhook.changed", webhook_subject(row), before=before, after=after)
            return webhook_of(row)

    def delete(self, actor: Actor, id: str) -> None:
        """Delete a webhook with its deliveries; what waits is not sent any more."""
        with self._database.transaction() as session:
            row = self._row(session, actor, id)
            self._delete(session, actor, row)

    def delete_own(self, session: Session, actor: Actor, person: str) -> None:
        """Delete the webhooks of a person who has left, in the caller's transaction."""
        for row in session.scalars(_of(WebhookOwner(kind="person", name=person))):
            self._delete(session, actor, row)

    def test(self, actor: Actor, id: str) -> Delivery:
        """Send something to a webhook, once, to see whether it arrives; returns the delivery, which is under way."""
        with self._database.transaction() as session:
            row = self._row(session, actor, id)
            notification = Notification(
                kind=TEST_KIND, title="A test", body=f"{actor.label} tries this webhook.", link="",
                subject=Subject(kind="webhook", name=row.id, project=webhook_subject(row).project), created_at=now(),
            )  # fmt: skip
            delivery = delivery_of(self._deliveries.enqueue(session, row, notification))
        self._loops.wake(LOOP)
        return delivery

    def deliveries(self, actor: Actor, id: str, *, limit: int, cursor: str | None = None) -> Page[Delivery]:
        """List what was sent to a webhook and what waits, the newest first."""
        query = select(WebhookDeliveryRow).where(WebhookDeliveryRow.webhook == id)
        with self._database.read() as session:
            self._row(session, actor, id)
            keys = [SortKey(WebhookDeliveryRow.id, descending=True)]
            page = read_page(session, query, keys, limit=limit, cursor=cursor)
            return Page(page.map(delivery_of), page.next_cursor)

    def reseal(self) -> None:
        """Seal anew what was sealed with a key that is no longer the first one: that key may then be taken out of the file."""
        try:
            first = next(iter(self._sealer.key_ids()), "")
        except SealBroken as error:
            logger.error("webhooks' secrets can't be read", extra={"reason": str(error)})
            return
        with self._database.transaction() as session:
            for row in session.scalars(select(WebhookRow).where(WebhookRow.key_id != first)):
                try:
                    value = self._sealer.open(Sealed(key_id=row.key_id, content=row.sealed), about=about(row.id))
                    sealed = self._sealer.seal(value, about=about(row.id))
                except SealBroken as error:
                    logger.error("a webhook's secret can't be read", extra={"webhook": row.id, "reason": str(error)})
                    continue
                row.key_id, row.sealed = sealed.key_id, sealed.content

    def _delete(self, session: Session, actor: Actor, row: WebhookRow) -> None:
        session.execute(delete(WebhookDeliveryRow).where(WebhookDeliveryRow.webhook == row.id))
        session.delete(row)
        self._events.record(session, actor, "webhook.deleted", webhook_subject(row), before={"host": host_of(row)})

    def _owner(self, actor: Actor, project: str | None) -> WebhookOwner:
        if project is not None:
            actor.must_see(project_scope(project))
            actor.must(Permission.PROJECT_MANAGE, project_scope(project))
            return WebhookOwner(kind="project", name=project)
        if not _may_own(actor):
            raise Forbidden("A key has no webhooks of its own.", hint="Register them for a project.")
        actor.must_be_whole()  # they get all that their owner hears of, also once a token has ended
        return WebhookOwner(kind="person", name=actor.id)

    def _row(self, session: Session, actor: Actor, id: str) -> WebhookRow:
        row = session.get(WebhookRow, id)
        is_theirs = row is not None and (
            row.owner == actor.id and _may_own(actor)
            if row.owner_kind == "person"
            else actor.may(Permission.PROJECT_MANAGE, project_scope(row.owner))
        )
        if row is None or not is_theirs:
            raise NotFound(
                f"There is no webhook {id[:80]!a}, or it is not yours.", hint="`unshelf webhooks` lists those that are."
            )
        if row.owner_kind == "person":
            actor.must_be_whole()
        return row


def _described(row: WebhookRow) -> dict[str, Any]:
    return {"host": host_of(row), "kinds": list(row.kinds), "format": row.format, "state": row.state}


def _check_format(format: str, kinds: Sequence[str]) -> None:
    if format != "unshelf" and EVENTS_KIND in kinds:
        raise InvalidInput(
            f"Events of the log have one shape only; {format} takes notifications.",
            hint="Register another webhook for the log.",
        )


def _may_own(actor: Actor) -> bool:
    """Whether somebody can have webhooks of their own: people, and the key that manages the whole installation."""
    return actor.kind == "user" or actor.may(Permission.PROJECT_MANAGE)


def _of(owner: WebhookOwner) -> Select[WebhookRow]:
    return select(WebhookRow).where(WebhookRow.owner_kind == owner.kind, WebhookRow.owner == owner.name)


def _check_kinds(actor: Actor, kinds: Sequence[str], project: str | None) -> None:
    if EVENTS_KIND in kinds:
        actor.must(Permission.AUDIT_READ)
        if project is not None:
            raise InvalidInput("The event log goes to webhooks of one's own.", hint="Leave out the project.")
    if len(kinds) > _MOST_KINDS or any(not each or len(each) > _MOST_KIND for each in kinds):
        raise InvalidInput(
            f"A webhook names at most {_MOST_KINDS} kinds of 1 to {_MOST_KIND} characters.",
            hint="`unshelf notifications choices` lists the kinds.",
        )
