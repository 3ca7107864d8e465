"""`unshelf bench` on the command line."""

from tests.support.control import Control
from tests.unit.cli.benches.test_measured import BENCH
from tests.unit.cli.conftest import Run

API = "/api/v1/benches"


def test_what_was_asked_for_is_sent_and_what_was_measured_is_shown(control: Control, run: Run) -> None:
    control.reply("POST", API, BENCH | {"state": "waiting"}, 202)
    control.reply("GET", f"{API}/b1", BENCH)
    said = run(
        "bench", "credit", "--tier", "small", "--tier", "large", "--callers", "4", "--seconds", "2s", "--param", "k=3"
    )
    body = control.calls("POST", API)[0].json
    assert (body["reference"], body["tiers"], body["callers"], body["seconds"], body["params"]) == (
        "credit", ["small", "large"], 4, 2.0, {"k": 3},
    )  # fmt: skip
    assert said.code == 0 and "credit:3" in said.out


def test_one_that_failed_ends_with_status_one_and_a_detached_one_gives_its_id(control: Control, run: Run) -> None:
    control.reply("POST", API, BENCH | {"state": "waiting"}, 202)
    assert "unshelf benches show b1" in run("bench", "credit", "--detach").out
    control.reply("GET", f"{API}/b1", BENCH | {"state": "failed", "reason": "small: No."})
    said = run("bench", "credit", "--json")
    assert said.code == 1 and '"state": "failed"' in said.out


def test_a_parameter_without_a_value_is_refused(control: Control, run: Run) -> None:
    said = run("bench", "credit", "--param", "k")
    assert said.code == 1 and "NAME=VALUE" in said.err
    assert not control.asked
