"""The demo's scoring: begun once."""

from tests.support.control import Control
from unshelf.cli.demo.full.stage import Stage
from unshelf.cli.demo.full.work.tables import fill

SCORINGS = "/api/v1/scorings"


def test_it_is_begun_where_it_is_missing_and_only_there(control: Control, stage: Stage) -> None:
    control.reply("GET", SCORINGS, {"scorings": [], "next_cursor": None})
    control.reply("GET", SCORINGS, {"scorings": [{"name": "All customers"}], "next_cursor": None})
    control.reply("POST", SCORINGS, {"id": "s1"}, 202)
    assert fill(stage) == fill(stage) == "1 scoring of 600 customers"
    (begun,) = control.calls("POST", SCORINGS)
    assert (begun.json["data"], begun.json["out"]) == ("data://customers", "data://customers-scored")
