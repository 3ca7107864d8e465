"""Webhooks over HTTP: one's own, and those of projects that one may manage."""

from unshelf.contracts.permissions import Permission
from unshelf.foundation.paging import Page
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.webhooks.schemas import (
    DeliveryList,
    DeliveryView,
    NewWebhook,
    WebhookChangeRequest,
    WebhookList,
    WebhookRequest,
    WebhookView,
    webhook_view,
)
from unshelf.manage.webhooks.service import WebhookChange, WebhookService
from unshelf.manage.webhooks.webhook import Webhook

_OWN = [requires(Permission.PROJECT_MANAGE, anywhere=True, hides=True)]
"""People have webhooks of their own without any permission; a key manages those of its projects."""
_OF_PROJECT = [requires(Permission.PROJECT_MANAGE, project_from="project")]
_MISSING = problem_answers("not_found")


def router(webhooks: WebhookService) -> ApiRouter:
    """`/webhooks` and `/projects/{project}/webhooks`."""
    routes = ApiRouter(tags=["webhooks"])
    _add_lists(routes, webhooks)
    _add_one(routes, webhooks)
    return routes


def _add_lists(routes: ApiRouter, webhooks: WebhookService) -> None:
    @routes.get("/webhooks", dependencies=_OWN)
    def list_webhooks(actor: CurrentActor, limit: Limit = 1000, cursor: Cursor = None) -> WebhookList:
        """List one's own webhooks, the newest first."""
        return _list(webhooks.list_of(actor, limit=limit, cursor=cursor))

    @routes.post("/webhooks", responses=problem_answers("conflict"), status_code=201, dependencies=_OWN)
    def register_webhook(wanted: WebhookRequest, actor: CurrentActor) -> NewWebhook:
        """Register a webhook of one's own, for what one is notified of. Its secret is in this answer alone."""
        return _new(*webhooks.register(actor, wanted.url, kinds=wanted.kinds, format=wanted.format))

    @routes.get("/projects/{project}/webhooks", responses=_MISSING, dependencies=_OF_PROJECT)
    def list_project_webhooks(
        project: str, actor: CurrentActor, limit: Limit = 1000, cursor: Cursor = None
    ) -> WebhookList:
        """List the webhooks of a project, the newest first."""
        return _list(webhooks.list_of(actor, project=project, limit=limit, cursor=cursor))

    @routes.post(
        "/projects/{project}/webhooks",
        responses=problem_answers("not_found", "conflict"),
        status_code=201,
        dependencies=_OF_PROJECT,
    )
    def register_project_webhook(project: str, wanted: WebhookRequest, actor: CurrentActor) -> NewWebhook:
        """Register a webhook for every notification about the project. Its secret is in this answer alone."""
        return _new(*webhooks.register(actor, wanted.url, kinds=wanted.kinds, format=wanted.format, project=project))


def _add_one(routes: ApiRouter, webhooks: WebhookService) -> None:
    @routes.get("/webhooks/{id}", responses=_MISSING, dependencies=_OWN)
    def show_webhook(id: str, actor: CurrentActor) -> WebhookView:
        """Show a webhook."""
        return webhook_view(webhooks.show(actor, id))

    @routes.patch("/webhooks/{id}", responses=_MISSING, dependencies=_OWN)
    def change_webhook(id: str, wanted: WebhookChangeRequest, actor: CurrentActor) -> WebhookView:
        """Change where a webhook leads and what it gets; disable it, or enable it again."""
        change = WebhookChange(url=wanted.url, kinds=wanted.kinds, format=wanted.format, state=wanted.state)
        return webhook_view(webhooks.change(actor, id, change))

    @routes.delete("/webhooks/{id}", responses=_MISSING, status_code=204, dependencies=_OWN)
    def delete_webhook(id: str, actor: CurrentActor) -> None:
        """Delete a webhook; what waits for it is not sent any more."""
        webhooks.delete(actor, id)

    @routes.post("/webhooks/{id}/test", responses=_MISSING, status_code=202, dependencies=_OWN)
    def test_webhook(id: str, actor: CurrentActor) -> DeliveryView:
        """Send something to a webhook, once, to see whether it arrives; its deliveries tell."""
        return DeliveryView.model_validate(webhooks.test(actor, id))

    @routes.get("/webhooks/{id}/deliveries", responses=_MISSING, dependencies=_OWN)
    def list_webhook_deliveries(
        id: str, actor: CurrentActor, limit: Limit = 100, cursor: Cursor = None
    ) -> DeliveryList:
        """List what was sent to a webhook and what waits, the newest first."""
        page = webhooks.deliveries(actor, id, limit=limit, cursor=cursor)
        return DeliveryList(deliveries=page.map(DeliveryView.model_validate), next_cursor=page.next_cursor)


def _new(webhook: Webhook, secret: str) -> NewWebhook:
    return NewWebhook(**webhook_view(webhook).model_dump(), secret=secret)


def _list(page: Page[Webhook]) -> WebhookList:
    return WebhookList(webhooks=page.map(webhook_view), next_cursor=page.next_cursor)
