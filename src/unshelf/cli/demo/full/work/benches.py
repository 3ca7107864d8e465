"""A bench of the demo: the challenger measured on two tiers, once nothing else runs."""

import time

from unshelf.cli.demo.full.stage import Stage

_TIERS = ("small", "medium")
_UNDER_WAY = ("waiting", "preparing", "queued", "starting", "running")
_LOOK_SECONDS = 0.3


def fill(stage: Stage) -> str:
    """Measure the version, where nobody has; other jobs of the demo are waited for, since they would disturb it."""
    ben = stage.person("ben")
    if not ben.benches(model="credit-default"):
        while _is_at_work(stage):
            time.sleep(_LOOK_SECONDS)
        known = {tier["name"] for tier in ben.tiers(project="credit") if tier["may_use"]}
        tiers = [tier for tier in _TIERS if tier in known]
        ben.bench("credit-default:2", tiers=tiers, callers=4, seconds=1.0, warmup=0.5)
    return "1 bench of a version"


def _is_at_work(stage: Stage) -> bool:
    """Whether something runs that has more jobs to come, or a job."""
    admin = stage.admin
    if any(sweep["state"] == "running" for sweep in admin.sweeps()) or admin.pipelines.runs(state="running"):
        return True
    return any(job["state"] in _UNDER_WAY for job in admin.jobs.recent(limit=100))
