"""The past use of the demo: the same each time, before today, and only for a platform of its own."""

from pathlib import Path

import pytest

from tests.support.control import Control
from tests.support.routes import TOKEN
from unshelf.cli.demo.full.stage import Stage
from unshelf.cli.demo.full.work import past_use
from unshelf.cli.demo.full.work.past_use import fill, uses_before
from unshelf.client.client import Client

TODAY = 490_000 // 24 * 24


def test_use_lies_before_the_day_and_is_the_same_each_time() -> None:
    uses = list(uses_before(TODAY))
    assert uses == list(uses_before(TODAY))
    assert {use["hour"] // 24 for use in uses} == set(range(TODAY // 24 - 28, TODAY // 24))
    assert {use["kind"] for use in uses} == {"worker", "job", "platform"}
    warm = [use for use in uses if use["kind"] == "worker" and (use["model"], use["version"]) == ("credit-default", 2)]
    assert min(use["hour"] for use in warm) >= TODAY - 5 * 24
    assert all(0 < use["cpu_seconds"] <= use.get("held_seconds", 3600.0) for use in uses)


def test_a_platform_of_somebodys_own_gets_none(stage: Stage) -> None:
    assert fill(stage).startswith("none: only a platform")


def test_it_is_added_once_in_the_home_that_the_demo_made(
    control: Control, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    control.reply("GET", "/api/v1/prices", {"currency": "EUR"})
    added: list[tuple[Path, int, str]] = []

    def add(home: Path, uses: list[object], *, currency: str) -> bool:
        added.append((home, len(uses), currency))
        return len(added) == 1

    monkeypatch.setattr(past_use, "load", lambda _: add)
    renewed: list[Stage] = []
    monkeypatch.setattr(past_use, "set_budgets", renewed.append)
    with Client(control.url, TOKEN) as client:
        stage = Stage(client, tmp_path)
        assert fill(stage) == "use of 28 days, with its costs"
        assert fill(stage) == "use of 28 days, which was there"
    assert renewed == [stage]
    assert added[0][0] == tmp_path and added[0][1] > 1000 and added[0][2] == "EUR"
