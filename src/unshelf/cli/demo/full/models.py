"""Models of the demo: versions that are really deployed, aliases, a canary release, and what they work towards."""

from dataclasses import dataclass
from typing import Any

from unshelf.cli.demo.full.stage import MARK, Stage
from unshelf.cli.demo.full.training import DemoTable, Training
from unshelf.cli.lazy import load
from unshelf.client.bundling.bundle import DeployOptions
from unshelf.client.errors import NotFound

_CANARY_PERCENT = 20


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    name: str
    version: int
    project: str
    by: str
    model: Any
    table: DemoTable
    description: str
    scores: str = ""
    """The method whose scores it records."""


def fill(stage: Stage) -> str:
    """Deploy the versions that are missing, one after the other: all but the first have their environment already."""
    training: Training = load("unshelf.cli.demo.full.sklearn_models:train")()
    wanted = _wanted(training)
    for each in wanted:
        if each.version == 1:
            stage.ours(each.name, stage.admin.show)
        if not _is_there(stage, f"{each.name}:{each.version}"):
            _deploy(stage, each)
    _dress(stage)
    return f"{len({each.name for each in wanted})} models with {len(wanted)} versions"


def _wanted(training: Training) -> list[_Wanted]:
    loans, customers = training.loans, training.customers
    return [
        _Wanted(
            name="credit-default", version=1, project="credit", by="ben", model=training.default_simple, table=loans,
            description="Will a loan default? Logistic regression.", scores="predict_proba",
        ),
        _Wanted(
            name="credit-default", version=2, project="credit", by="ben", model=training.default_forest, table=loans,
            description="Will a loan default? A forest of 25 trees.", scores="predict_proba",
        ),
        _Wanted(
            name="churn", version=1, project="customer-care", by="mia", model=training.churn, table=customers,
            description="Will a customer leave within three months?",
        ),
        _Wanted(
            name="next-offer", version=1, project="customer-care", by="mia", model=training.offer, table=customers,
            description="The offer that a customer likes best, of three.",
        ),
        _Wanted(
            name="diabetes-progression", version=1, project="clinic", by="mia", model=training.progress_linear,
            table=training.patients, description="How far the disease will have gone in a year. Ridge regression.",
        ),
        _Wanted(
            name="diabetes-progression", version=2, project="clinic", by="mia", model=training.progress_forest,
            table=training.patients, description="How far the disease will have gone in a year. A forest of 30 trees.",
        ),
    ]  # fmt: skip


def _deploy(stage: Stage, wanted: _Wanted) -> None:
    frame = wanted.table.frame
    monitoring = {"scores": wanted.scores} if wanted.scores else None
    options = DeployOptions(example=frame[:3], baseline=frame, description=wanted.description, monitoring=monitoring)
    stage.person(wanted.by).deploy(wanted.model, name=wanted.name, options=options, project=wanted.project)
    if wanted.version == 1:
        stage.admin.tag(wanted.name, MARK)


def _dress(stage: Stage) -> None:
    """Add aliases, shares, tags, properties and ties."""
    ben, mia = stage.person("ben"), stage.person("mia")
    shown = ben.show("credit-default")
    if "champion" not in shown["aliases"]:
        ben.alias("credit-default", "champion", 1)
        ben.alias("credit-default", "challenger", 2)
        ben.release("credit-default", 2, percent=_CANARY_PERCENT)
        ben.tag("credit-default", "regulated", "tier-1")
        ben.set_property("credit-default", "cost-center", 4711)
        mia.tag("churn", "marketing")
        mia.release("diabetes-progression", 2)
        mia.tag("diabetes-progression", "real-data")
        stage.person("olga").set_visibility("churn", "internal")
    goals = ben.goals("credit")
    if goals and not goals[0]["ties"]:
        ben.tie_goal("credit", goals[0]["id"], "credit-default:1")
        ben.note_value("credit", goals[0]["id"], 0.77, "Back-test on the applications of the third quarter")


def _is_there(stage: Stage, reference: str) -> bool:
    try:
        stage.admin.show(reference)
    except NotFound:
        return False
    return True
