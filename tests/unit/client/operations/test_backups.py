"""The client's methods for backups."""

from tests.support.control import Control
from tests.support.routes import TOKEN
from unshelf.client.client import Client


def test_backups_are_shown_and_asked_for(control: Control) -> None:
    control.reply("GET", "/api/v1/backups", {"to": "/b"})
    control.reply("POST", "/api/v1/backups", {"is_running": True}, 202)
    with Client(control.url, TOKEN) as client:
        assert client.backups() == {"to": "/b"}
        assert client.start_backup() == {"is_running": True}
