"""Webhooks as the API shows them: without their secrets, and with the project where they belong to one."""

from tests.unit.manage.webhooks.test_webhook import ROW
from unshelf.manage.webhooks.schemas import webhook_view
from unshelf.manage.webhooks.webhook import webhook_of


def test_a_webhook_of_a_project_names_it_and_shows_no_secret() -> None:
    shown = webhook_view(webhook_of(ROW)).model_dump()
    assert (shown["project"], shown["state"], shown["kinds"]) == ("credit", "active", ["a.b"])
    assert not {"secret", "sealed", "key_id"} & shown.keys()
