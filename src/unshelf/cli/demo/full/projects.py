"""Projects of the demo, with their goals, members, notes and secrets."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from unshelf.cli.demo.full.stage import MARK, Stage


@dataclass(frozen=True, kw_only=True)
class _Project:
    title: str
    description: str
    priority: str
    goals: list[dict[str, Any]]
    members: dict[str, str] = field(default_factory=dict)
    """Name → role; a name with a `+` before it is a group's."""
    note: str


_PROJECTS = {
    "credit": _Project(
        title="Consumer credit",
        description="Decides which applications for a loan are looked at by hand.",
        priority="high",
        goals=[
            {"title": "Fewer loans that default", "metric": "auc", "target": 0.8, "worth": "1.2 M a year", "due": "2027-06-30"},
            {"title": "Answers within a tenth of a second", "metric": "p95_ms", "direction": "at_most", "target": 100},
        ],
        members={"ben": "contributor", "+model-risk": "validator", "zoe": "viewer"},
        note="The steering group wants the challenger compared on the applications of the last quarter before it gets all traffic.",
    ),
    "customer-care": _Project(
        title="Customer care",
        description="Finds customers who are about to leave, and what may keep them.",
        priority="normal",
        goals=[{"title": "Keep one customer in ten who would leave", "metric": "recall", "target": 0.6, "worth": "300 k a year"}],
        members={"mia": "contributor", "leo": "viewer"},
        note="Marketing calls the hundred customers with the highest scores each Monday.",
    ),
    "clinic": _Project(
        title="Diabetes clinic",
        description="Tells how far the disease of a patient will have gone in a year, for the talk on the ward.",
        priority="high",
        goals=[{"title": "Within 45 points for two patients in three", "metric": "mae", "direction": "at_most", "target": 45}],
        members={"mia": "contributor", "+model-risk": "validator"},
        note="The patients are real: 442 of a study of 2004, with names and dates removed. Of late, heavier patients are sent to us.",
    ),
}  # fmt: skip


_BUDGETS = {"credit": 45.0, "customer-care": 40.0, "clinic": 30.0}
"""The most that a month of each may cost."""
_TIER_PRICES = {"small": 0.04, "medium": 0.12, "large": 0.4}
_PRICES = {"cpu_hour": 0.03, "memory_gib_hour": 0.004, "gpu_hour": 1.2, "disk_gib_month": 0.08}


def fill(stage: Stage) -> str:
    """Add the projects, which olga owns."""
    olga = stage.person("olga")
    for name, wanted in _PROJECTS.items():
        if not stage.ours(f"project/{name}", stage.admin.project):
            olga.create_project(name, title=wanted.title, description=wanted.description, priority=wanted.priority)
            stage.admin.tag(f"project/{name}", MARK)
        known = {goal["title"] for goal in olga.goals(name)} | {goal["title"] for goal in olga.goals(name, closed=True)}
        for goal in wanted.goals:
            if goal["title"] not in known:
                olga.set_goal(name, **goal)
        held = {(each["kind"], each["name"], each["role"]) for each in olga.members(project=name)}
        for member, role in wanted.members.items():
            kind, who = ("group", member[1:]) if member.startswith("+") else ("user", member)
            if (kind, who, role) not in held:
                olga.grant_role(who, role, kind=kind, project=name)
        if not olga.notes(name):
            olga.write_note(name, wanted.note)
        if not olga.secrets(project=name):
            olga.set_project_secret(name, "WAREHOUSE_PASSWORD", secrets.token_urlsafe(16))
    _set_prices(stage)
    budgeted = {budget["project"] for budget in olga.budgets()}
    set_budgets(stage, [name for name in _BUDGETS if name not in budgeted])
    goals = sum(len(project.goals) for project in _PROJECTS.values())
    return f"{len(_PROJECTS)} projects with {goals} goals, members, notes, a secret and a budget each"


def set_budgets(stage: Stage, names: Iterable[str] = tuple(_BUDGETS)) -> None:
    """Set the budgets of these projects, each of which is looked at when it is set."""
    for name in names:
        stage.person("olga").set_budget(name, _BUDGETS[name], stops="jobs" if name == "clinic" else "nothing")


def _set_prices(stage: Stage) -> None:
    """Set prices, where nobody has."""
    found = stage.admin.prices()
    if found["tiers"] or found["foreign"] or any(found["resources"].values()):
        return
    known = {tier["name"] for tier in stage.admin.tiers()}
    for tier, price in _TIER_PRICES.items():
        if tier in known:
            stage.admin.set_tier(tier, price=price)
    stage.admin.set_prices(**_PRICES)
