"""A monitor of performance of the demo: how often the credit model is right, by labels as far as they came, and by an estimate since."""

import time
from datetime import datetime, timedelta, timezone
from typing import Any

from unshelf.cli.demo.full.past import DAYS
from unshelf.cli.demo.full.stage import Stage
from unshelf.client.errors import NotFound

_MODEL, _NAME = "credit-default", "good-enough"
_LEAST_RIGHT = 0.75
_LEAST_LABELS = 30
"""As many have a day of a weekend."""
_WAIT_SECONDS = 120.0
_LOOK_SECONDS = 1.0


def fill(stage: Stage) -> str:
    """Add the monitor, unless it is there, and have it judge the past once labels are joined with the predictions."""
    try:
        stage.admin.monitor(_MODEL, _NAME)
    except NotFound:
        stage.person("ben").add_monitor(
            _MODEL, _NAME, "performance", metric="accuracy", relative=False, threshold=_LEAST_RIGHT, least_labels=_LEAST_LABELS,
            estimated=True,
        )  # fmt: skip
    said = f"1 monitor: at least {_LEAST_RIGHT:.0%} of the answers of {_MODEL} are right"
    if stage.home is None:
        return said
    today = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    since = (today - timedelta(days=DAYS)).isoformat()
    deadline = time.monotonic() + _WAIT_SECONDS
    while not (found := _judged(stage, since)) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    estimated = sum(_is_estimate(each) for each in found)
    return f"{said}; {len(found) - estimated} days judged by labels, {estimated} by estimates"


def _judged(stage: Stage, since: str) -> list[dict[str, Any]]:
    """Return the days that are judged; none as long as no label counts, or some that were sent are not joined."""
    labels = stage.admin.label_summary(_MODEL)
    if labels["joined"] < labels["labels"]:
        return []
    stage.admin.run_monitors(_MODEL, monitor=_NAME, since=since)
    found = [each for each in stage.admin.monitor_results(_MODEL, _NAME, version=1) if each["status"] != "not_judged"]
    return [] if all(map(_is_estimate, found)) else found


def _is_estimate(result: dict[str, Any]) -> bool:
    return any(str(each["measure"]).startswith("estimated_") for each in result["columns"])
