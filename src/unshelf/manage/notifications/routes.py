"""Notifications over HTTP: one's own, and nobody else's."""

from typing import Annotated

from fastapi import Query

from unshelf.foundation.web.guard import CurrentActor, requires_token
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.notifications.notification import Channels
from unshelf.manage.notifications.schemas import (
    ChannelsRequest,
    ChoiceList,
    ChoiceView,
    NotificationList,
    ReadAnswer,
    ReadRequest,
    choice_view,
    notification_view,
)
from unshelf.manage.notifications.service import NotificationService

Unread = Annotated[bool, Query(description="Whether only what is unread is listed.")]


def router(notifications: NotificationService) -> ApiRouter:
    """`/notifications`."""
    routes = ApiRouter(prefix="/notifications", tags=["notifications"])

    @routes.get("", dependencies=[requires_token()])
    def list_notifications(
        actor: CurrentActor, unread: Unread = False, limit: Limit = 100, cursor: Cursor = None
    ) -> NotificationList:
        """List the notifications in one's own inbox, the newest first."""
        page, count = notifications.inbox(actor, unread=unread, limit=limit, cursor=cursor)
        return NotificationList(notifications=page.map(notification_view), unread=count, next_cursor=page.next_cursor)

    @routes.post("/read", dependencies=[requires_token()])
    def mark_notifications_read(wanted: ReadRequest, actor: CurrentActor) -> ReadAnswer:
        """Mark notifications of one's own read: those that are named, or all."""
        return ReadAnswer(read=notifications.mark_read(actor, wanted.ids))

    @routes.get("/choices", dependencies=[requires_token()])
    def list_notification_choices(actor: CurrentActor) -> ChoiceList:
        """List the kinds of notification, and how one gets each."""
        return ChoiceList(choices=[choice_view(each) for each in notifications.choices(actor)])

    @routes.put("/choices/{kind}", responses=problem_answers("not_found"), dependencies=[requires_token()])
    def choose_notifications(kind: str, wanted: ChannelsRequest, actor: CurrentActor) -> ChoiceView:
        """Choose how one gets notifications of a kind; `default` is every kind without a choice of its own."""
        channels = Channels(inbox=wanted.inbox, email=wanted.email, webhook=wanted.webhook)
        return choice_view(notifications.choose(actor, kind, channels))

    @routes.delete(
        "/choices/{kind}", responses=problem_answers("not_found"), status_code=204, dependencies=[requires_token()]
    )
    def forget_notification_choice(kind: str, actor: CurrentActor) -> None:
        """Take a choice back, so that `default` decides again."""
        notifications.unchoose(actor, kind)

    return routes
