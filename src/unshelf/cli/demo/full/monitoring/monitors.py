"""Monitors of the demo: the past of its models judged, so that there are charts of it, and the one that drifts has its alert."""

import time
from datetime import datetime, timedelta, timezone

from unshelf.cli.demo.full.monitoring.elsewhere import MODEL
from unshelf.cli.demo.full.past import DAYS
from unshelf.cli.demo.full.stage import Stage

_DRIFTING = "diabetes-progression"
_MODELS = {"credit-default": 2, "next-offer": 1, _DRIFTING: 2, MODEL: 1}
"""Model → its last version that has a past."""
_WAIT_SECONDS = 120.0
_LOOK_SECONDS = 1.0


def fill(stage: Stage) -> str:
    """Judge the past of the models, once their records are counted.

    Their volume is not watched: callers of the demo are silent from now on, which is no alert."""
    if stage.home is None:
        return "as every model has them: there is no past to judge"
    today = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    since, yesterday = (today - timedelta(days=DAYS)).isoformat(), today - timedelta(days=1)
    for model in _MODELS:
        stage.admin.change_monitor(model, "volume", paused=True)
    deadline = time.monotonic() + _WAIT_SECONDS
    for model, version in _MODELS.items():
        while not _is_counted(stage, model, version, yesterday) and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
    judged = sum(int(stage.admin.run_monitors(model, since=since)["judged"]) for model in _MODELS)
    alerts = sorted(each["kind"] for each in stage.admin.alerts(model=_DRIFTING))
    return f"{judged} windows judged; alerts of {_DRIFTING}: {', '.join(alerts) or 'none yet'}"


def _is_counted(stage: Stage, model: str, version: int, yesterday: datetime) -> bool:
    """Whether the records of a version are counted up to yesterday: then that day can be judged."""
    stage.admin.run_monitors(model, monitor="inputs", since=yesterday.isoformat())
    results = stage.admin.monitor_results(model, "inputs", version=version, limit=1)
    return bool(results) and _moment(results[0]["since"]) >= yesterday


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))  # Python 3.10 does not know the Z
