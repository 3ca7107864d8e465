"""Requests that were made are not made again."""

from tests.support.control import Control
from unshelf.cli.demo.full.requests import fill
from unshelf.cli.demo.full.stage import Stage

AT = "/api/v1/requests"


def test_only_what_is_missing_is_asked_for(control: Control, stage: Stage) -> None:
    control.reply("GET", AT, {"requests": [], "next_cursor": None})
    control.reply("POST", AT, {"id": "r"}, 201)
    control.reply("POST", f"{AT}/r/grant", {})
    fill(stage)
    made = control.calls("POST", AT)
    assert [each.json["wanted"]["role"] for each in made] == ["caller", "validator"]
    known = [{"reason": each.json["reason"], "state": "open"} for each in made]
    control.replies[("GET", AT)] = [(200, {"requests": known, "next_cursor": None}, {})]
    fill(stage)
    assert len(control.calls("POST", AT)) == 2
