"""Steps of work that is followed live: how far each has come, by the events that were stored of it."""

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel

StepView = TypeVar("StepView", bound=BaseModel)


def steps_by(lines: Iterable[str], view: type[StepView]) -> list[StepView]:
    """Return how far each step has come, in the order in which they began.

    `lines`: events as JSON, each with `step`, `state`, `detail` and `seconds`; the one of the step `end` is the last. `view` has these
    fields."""
    steps: dict[str, StepView] = {}
    details: dict[str, str] = {}
    for line in lines:
        event = msgspec.json.decode(line, type=dict[str, Any])
        step = event["step"]
        if step == "end":
            break
        details[step] = event["detail"] or details.get(step, "")
        state = "started" if event["state"] == "info" else event["state"]
        fields = {"step": step, "state": state, "detail": details[step], "seconds": event["seconds"]}
        steps[step] = view.model_validate(fields)
    return list(steps.values())
