"""Beginning a scoring on the command line."""

from tests.support.control import Control
from tests.unit.cli.conftest import Run

API = "/api/v1/scorings"


def test_a_detached_scoring_gives_its_id_and_what_was_asked_for_is_sent(control: Control, run: Run) -> None:
    control.reply("POST", API, {"id": "01s", "state": "reading"}, 202)
    options = ("--keep", "id,date", "--param", "k=3", "--param", "how=fast", "--time-limit", "2h", "--batch", "10")
    assert "01s" in run("score", "credit", "--data", "data://orders", "--detach", *options).out
    body = control.asked[-1].json
    assert (body["keep"], body["params"], body["seconds"], body["batch"]) == (
        ["id", "date"],
        {"k": 3, "how": "fast"},
        7200,
        10,
    )


def test_what_happens_to_rows_of_a_connection_is_sent(control: Control, run: Run) -> None:
    control.reply("POST", API, {"id": "01s", "state": "reading"}, 202)
    out = ("--out", "data://warehouse/public.scores", "--if-exists", "replace", "--detach")
    run("score", "credit", "--data", "data://orders", *out)
    body = control.asked[-1].json
    assert (body["out"], body["if_exists"]) == ("data://warehouse/public.scores", "replace")
