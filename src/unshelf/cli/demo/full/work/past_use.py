"""Weeks of use before today, with its costs, which only a platform of the demo's own gets.

As the past of predictions it goes through the home folder that the demo made, which nobody else has: no address of a server, token or
setting leads to such a door. The hours are those in which the demo's callers called, at the prices in force now."""

import random
import time
from collections.abc import Iterator
from typing import Any

from unshelf.cli.demo.full.past import DAYS
from unshelf.cli.demo.full.projects import set_budgets
from unshelf.cli.demo.full.stage import Stage
from unshelf.cli.lazy import load

_HOUR, _DAY_HOURS = 3600, 24
_OPEN, _CLOSED, _NIGHT = 7, 20, 2
_FRIDAY = 4
_WARM = {
    "credit-default:1": ("credit", 0), "credit-default:2": ("credit", DAYS - 5), "churn:1": ("customer-care", 0),
    "next-offer:1": ("customer-care", 0), "diabetes-progression:1": ("clinic", 0),
    "diabetes-progression:2": ("clinic", DAYS // 2),
}  # fmt: skip
"""Version → its project, and the day from which on it was warm."""
_JOBS = {"credit": ("ben", "medium", 2.5), "customer-care": ("mia", "small", 1.0), "clinic": ("mia", "small", 0.5)}
"""Project → who trains there at night, on which tier, and for how many hours."""


def fill(stage: Stage) -> str:
    """Write the past use of a platform of the demo's own; others keep theirs."""
    if stage.home is None:
        return "none: only a platform that the demo started gets one"
    today = int(time.time()) // _HOUR // _DAY_HOURS * _DAY_HOURS
    uses = list(uses_before(today))
    currency = stage.admin.prices()["currency"]
    if not load("unshelf.server.demo.past_use:add_past_use")(stage.home, uses, currency=currency):
        return f"use of {DAYS} days, which was there"
    set_budgets(stage)  # what is spent of a budget is looked at when it is set, and every few minutes
    return f"use of {DAYS} days, with its costs"


def uses_before(today: int) -> Iterator[dict[str, Any]]:
    """Yield use before a day (the Unix time of its first hour, divided by 3600): by hour, what used it, and how much."""
    for day in range(DAYS):
        first = today - (DAYS - day) * _DAY_HOURS
        chance = random.Random(f"use {day}")  # noqa: S311 - no secret is made of it
        is_weekend = time.gmtime(first * _HOUR).tm_wday > _FRIDAY
        hours = range(first + _OPEN, first + (_CLOSED if not is_weekend else _OPEN + 4))
        for hour in hours:
            for reference, (project, since) in _WARM.items():
                if day >= since:
                    model, _, version = reference.partition(":")
                    yield {
                        "hour": hour, "kind": "worker", "project": project, "model": model, "version": int(version), "tier": "small",
                        "cpu_seconds": chance.uniform(4, 9), "memory_gib_seconds": 0.16 * _HOUR, "held_seconds": float(_HOUR),
                    }  # fmt: skip
        if not is_weekend:
            yield from _night(first + _NIGHT, chance)
        for hour in range(first, first + _DAY_HOURS):
            for name, seconds in (("gateway", 30), ("control", 45), ("host", 25)):
                yield {
                    "hour": hour, "kind": "platform", "name": name, "cpu_seconds": chance.uniform(0.6, 1.2) * seconds,
                    "memory_gib_seconds": 0.1 * _HOUR,
                }  # fmt: skip


def _night(hour: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    for project, (person, tier, hours) in _JOBS.items():
        held = hours * _HOUR * chance.uniform(0.8, 1.2)
        yield {
            "hour": hour, "kind": "job", "project": project, "tier": tier, "person": person, "cpu_seconds": held * 0.8,
            "memory_gib_seconds": held * 0.6, "held_seconds": held,
        }  # fmt: skip
