"""How far steps have come, by what was stored of them."""

import json

from pydantic import BaseModel

from unshelf.foundation.web.steps import steps_by


class View(BaseModel):
    step: str
    state: str
    detail: str
    seconds: float | None


def line(step: str, state: str, detail: str = "", seconds: float | None = None) -> str:
    return json.dumps({"step": step, "state": state, "detail": detail, "seconds": seconds})


def test_a_step_keeps_its_last_word_and_its_place() -> None:
    lines = [
        line("lock", "started"), line("lock", "info", "3 packages"), line("build", "started"), line("lock", "done", "", 1.5),
        line("end", "done"), line("check", "started"),
    ]  # fmt: skip
    assert steps_by(lines, View) == [
        View(step="lock", state="done", detail="3 packages", seconds=1.5),
        View(step="build", state="started", detail="", seconds=None),
    ]
