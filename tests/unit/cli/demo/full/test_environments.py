"""Environments of the demo: made once, and left alone where they are somebody's."""

import pytest

from tests.support.control import Control
from unshelf.cli.demo.full.environments import fill
from unshelf.cli.demo.full.stage import Stage
from unshelf.client.errors import UnshelfError

API = "/api/v1/environments/names"


def test_environments_that_are_there_are_not_made_again(control: Control, stage: Stage) -> None:
    for kind, name in (("curated_environment", "science"), ("environment", "credit-scoring")):
        control.reply("GET", f"{API}/{name}", {"name": name})
        control.reply("GET", f"/api/v1/subjects/{kind}/{name}", {"tags": [{"tag": "demo"}]})
    assert fill(stage) == "2 environments"
    assert [each.method for each in control.asked if each.method != "GET"] == []


def test_one_of_the_same_name_that_is_not_the_demos_stops_it(control: Control, stage: Stage) -> None:
    control.reply("GET", f"{API}/science", {"name": "science"})
    control.reply("GET", "/api/v1/subjects/curated_environment/science", {"tags": []})
    with pytest.raises(UnshelfError, match="science"):
        fill(stage)
    assert [each.method for each in control.asked if each.method != "GET"] == []
