"""The demo leaves alone what is somebody's."""

import pytest

from tests.support.control import Control
from unshelf.cli.demo.full.stage import Stage
from unshelf.client.errors import UnshelfError


def test_what_there_is_not_is_to_be_made(control: Control, stage: Stage) -> None:
    control.problem("GET", "/api/v1/users/olga", 404, "not_found", "There is no user.")
    assert stage.ours("user/olga", stage.admin.user) is False


def test_what_the_demo_made_is_its_own_and_nothing_else(control: Control, stage: Stage) -> None:
    control.reply("GET", "/api/v1/users/olga", {"name": "olga"})
    control.reply("GET", "/api/v1/subjects/user/olga", {"tags": [{"tag": "demo"}]})
    control.reply("GET", "/api/v1/subjects/user/olga", {"tags": [{"tag": "gold"}]})
    assert stage.ours("user/olga", stage.admin.user) is True
    with pytest.raises(UnshelfError, match="the demo did not make") as told:
        stage.ours("user/olga", stage.admin.user)
    assert told.value.code == "demo_name_taken"
