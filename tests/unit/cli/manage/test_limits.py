"""Limits of a model on the command line."""

from tests.support.control import Control
from tests.unit.cli.conftest import Run


def test_limits_of_a_model_are_set_and_taken_away(control: Control, run: Run) -> None:
    control.reply("PUT", "/api/v1/models/iris/limits", {})
    control.reply("DELETE", "/api/v1/models/iris/limits", None, status=204)

    assert (
        "100 a second (20 at once), 8 at a time"
        in run("limit", "iris", "--rate", "100", "--burst", "20", "--concurrency", "8").out
    )
    assert control.calls("PUT", "/api/v1/models/iris/limits")[0].json == {"rate": 100.0, "burst": 20, "concurrency": 8}
    assert "no limits" in run("limit", "iris", "--none").out
    assert run("limit", "iris").code == 2
    assert run("limit", "iris", "--burst", "3").code == 2
