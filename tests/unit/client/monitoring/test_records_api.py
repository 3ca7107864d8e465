"""`unshelf.record` and `unshelf.flush`: one recorder a model, shared by all calls."""

import pytest

import unshelf
from tests.support.control import TOKEN, Control
from unshelf.client.monitoring import records_api


def test_calls_share_a_recorder_and_a_flush_waits_for_all(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_api, "_recorders", {})
    answer = {"accepted": 1, "duplicates": 0, "refused": 0, "faults": []}
    control.reply("POST", "/api/v1/models/churn/records", answer)
    control.reply("POST", "/api/v1/models", {"name": "churn", "version": 1, "project": "default", "created": True})
    assert unshelf.register("churn", example=[{"x": 1}], output=[1], url=control.url, token=TOKEN)["version"] == 1
    assert unshelf.record("churn", {"x": 1}, 2, id=7, url=control.url, token=TOKEN) == "7"
    unshelf.record("churn", {"x": 2}, 3, url=control.url, token=TOKEN)
    assert unshelf.flush()["churn"]["refused"] == 0
    assert len(records_api._recorders) == 1
