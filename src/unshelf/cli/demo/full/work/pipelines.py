"""A pipeline of the demo, run once."""

import importlib

from unshelf.cli.demo.full.stage import Stage
from unshelf.cli.demo.full.work.jobs import PROJECT
from unshelf.cli.demo.full.work.programs import PIPELINE, written
from unshelf.client.jobs.call import find_function

NAME = "late_payments"


def fill(stage: Stage) -> str:
    """Keep the pipeline and begin a run of it, where it is missing."""
    ben = stage.person("ben")
    if not any(each["name"] == NAME for each in ben.pipelines.list(project=PROJECT)):
        with written("late_payment_rule.py", PIPELINE) as file:
            module = importlib.import_module(find_function(file, NAME).__module__)
            getattr(module, NAME).submit(project=PROJECT, client=ben)
    return "1 pipeline of 3 steps, and a run of it"
