"""Jobs of the demo: a training that went well, one that failed, a sweep over it, and a schedule that runs it each week."""

from unshelf.cli.demo.full.stage import Stage
from unshelf.cli.demo.full.work.programs import FAILING, TRAIN, written
from unshelf.client.client import Client
from unshelf.client.jobs.jobs_client import JobOptions

PROJECT, ENVIRONMENT = "credit", "science"
TRAINING, _FAILED = "Train the default model", "Compare two quarters"
_SWEEP, _SCHEDULE = "Trees and depth", "weekly-training"
_SPACE = {"trees": [10, 40], "depth": [2, 4, 6]}
_DATA = ("LOANS=data://loan-applications",)


def fill(stage: Stage) -> str:
    """Run the jobs that are missing; those of the sweep go on meanwhile."""
    ben = stage.person("ben")
    known = {job["name"]: job["id"] for job in ben.jobs.recent(limit=500, project=PROJECT)}
    if _FAILED not in known:
        _run(ben, _FAILED, "compare.py", FAILING)
    training = known.get(TRAINING) or _run(ben, TRAINING, "train.py", TRAIN)
    if not any(each["name"] == _SWEEP for each in ben.sweeps(project=PROJECT)):
        ben.jobs.wait(training)
        ben.begin_sweep(training, _SPACE, "auc", name=_SWEEP, strategy="grid", parallel=2)
    if not any(each["name"] == _SCHEDULE for each in ben.schedules(project=PROJECT)):
        ben.set_schedule(_SCHEDULE, training, "30 5 * * 1", time_zone="Europe/Berlin")
    trials = len(_SPACE["trees"]) * len(_SPACE["depth"])
    return f"2 jobs, one of which failed, a sweep of {trials} trials, a schedule"


def _run(client: Client, name: str, file: str, text: str) -> str:
    options = JobOptions(project=PROJECT, name=name, tier="small", environment=ENVIRONMENT, data=_DATA)
    with written(file, text) as script:
        return client.jobs.run(script, options=options, alone=True)[0]
