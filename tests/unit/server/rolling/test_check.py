"""The new program's look at a change."""

from pathlib import Path
from typing import Any

import pytest

from unshelf import __version__
from unshelf.server.rolling.changes import values_of
from unshelf.server.rolling.check import Question, plan_of
from unshelf.server.rolling.handover import GENERATION, fields_given, fields_missing
from unshelf.server.settings import Settings


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    settings = Settings(home=tmp_path)

    def ask(generation: int = GENERATION, hands_over: tuple[str, ...] = (), **variables: str) -> Any:
        for name, value in variables.items():
            monkeypatch.setenv(f"UNSHELF_{name.upper()}", value)
        return plan_of(
            Question(
                generation=generation, program="0.0.1", given={"home": str(tmp_path)},
                settings=values_of(settings), prepare=False, hands_over=list(hands_over),
            )
        )  # fmt: skip

    return ask


def test_nothing_new_is_no_problem(asked: Any) -> None:
    plan = asked()
    assert (plan.settings, plan.problem, plan.migration) == ([], "", "")
    assert (plan.program_before, plan.program) == ("0.0.1", __version__)


def test_a_program_that_hands_over_all_that_this_one_needs_is_taken(asked: Any) -> None:
    """Else the next program would end in the place of the server, where nothing can go back."""
    assert asked(hands_over=tuple(fields_given())).problem == ""
    assert "Handover.children" in fields_missing([]) and "ChildPlan.command" in fields_missing([])
    assert fields_missing(fields_given()) == []


def test_what_changes_is_listed(asked: Any) -> None:
    plan = asked(drain_seconds="33")
    assert [str(change) for change in plan.settings] == ["UNSHELF_DRAIN_SECONDS: 10.0 → 33.0"]
    assert plan.problem == ""


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"drain_seconds": "soon"}, "UNSHELF_DRAIN_SECONDS"),
        ({"port": "1"}, "UNSHELF_PORT can't change"),
        ({"launcher": "moon"}, "UNSHELF_LAUNCHER can't change"),
        ({"generation": GENERATION + 1}, "can't work beside"),
        ({"hands_over": ("Handover.generation",)}, "can't work beside"),
    ],
)
def test_what_can_not_be_is_said(asked: Any, variables: dict[str, Any], words: str) -> None:
    assert words in asked(**variables).problem
