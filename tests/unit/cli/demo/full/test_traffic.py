"""Traffic is sent by each key once: when the demo makes it."""

import pytest

from tests.support.control import Control
from unshelf.cli.demo.full import traffic
from unshelf.cli.demo.full.stage import Stage
from unshelf.client.client import Client


def test_a_key_that_is_there_has_sent_its_traffic(
    control: Control, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(traffic, "_send", lambda _client, model, _table: sent.append(model))
    monkeypatch.setattr(Client, "create_key", lambda _self, name, **_more: {"name": name, "token": "t"})
    control.reply("GET", "/api/v1/keys", {"keys": [{"name": "marketing"}], "next_cursor": None})
    assert traffic.fill(stage) == "3 keys with 372 predictions"
    assert sent == ["credit-default", "diabetes-progression"]
