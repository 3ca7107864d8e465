"""A scoring of the demo: all customers predicted once, as a job, into a dataset of their own."""

from unshelf.cli.demo.full.stage import Stage

_NAME = "All customers"


def fill(stage: Stage) -> str:
    """Begin the scoring, where it is missing."""
    mia = stage.person("mia")
    if not any(each["name"] == _NAME for each in mia.scorings(project="customer-care")):
        mia.begin_scoring("churn", "data://customers", out="data://customers-scored", name=_NAME)
    return "1 scoring of 600 customers"
