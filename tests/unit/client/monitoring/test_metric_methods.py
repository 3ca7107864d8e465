"""Metrics are set from a file or from a function whose source is sent."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.control import Control
from unshelf.client.client import Client
from unshelf.client.errors import InvalidInput

AT = "/api/v1/models/churn/quality/metrics"


def lost(truth: Any, prediction: Any, rows: Any) -> float:
    return float((prediction - truth).mean() * len(rows))


def test_a_function_is_sent_by_its_source(control: Control, client: Client, tmp_path: Path) -> None:
    control.reply("PUT", f"{AT}/lost_margin", {"number": 1})
    client.set_metric("churn", "lost_margin", lost, better="lower")
    path = tmp_path / "metric.py"
    path.write_text("def lost_margin(truth, prediction, rows):\n    return 1\n")
    client.set_metric("churn", "lost_margin", path)
    first, second = (each.json for each in control.calls("PUT", f"{AT}/lost_margin"))
    assert first["code"].startswith("def lost(truth") and (first["function"], first["better"]) == ("lost", "lower")
    assert (second["code"], second["function"]) == (path.read_text(), "lost_margin")


def test_a_function_without_a_source_is_refused(client: Client) -> None:
    with pytest.raises(InvalidInput, match="The source of 'max' can't be found"):
        client.set_metric("churn", "lost", max)


def test_metrics_are_read_and_removed(control: Control, client: Client) -> None:
    control.reply("GET", AT, {"metrics": [{"name": "lost"}]})
    control.reply("GET", f"{AT}/lost", {"name": "lost", "versions": []})
    control.reply("DELETE", f"{AT}/lost", None, 204)
    assert client.metrics("churn") == [{"name": "lost"}]
    assert client.metric("churn", "lost")["versions"] == []
    client.remove_metric("churn", "lost")
    assert len(control.calls("DELETE", f"{AT}/lost")) == 1
