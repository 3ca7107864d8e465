"""The audit trail on the command line."""

from tests.support.control import Control
from tests.unit.cli.conftest import Run


def test_the_audit_trail(control: Control, run: Run) -> None:
    event = {
        "time": "2026-01-31T12:00:00Z",
        "actor": "admin",
        "action": "key.created",
        "subject": "k1",
        "detail": {"role": "predict"},
    }
    control.reply("GET", "/api/v1/audit", {"events": [event]})
    assert "role=predict" in run("audit", "--limit", "5").out
    assert control.asked[0].path.endswith("?limit=5")


def test_a_changed_log_fails_the_verification(control: Control, run: Run) -> None:
    report = {"closed_to": 7, "hash": "a" * 64, "pending": 0, "faults": []}
    control.reply("GET", "/api/v1/audit/chain", report)
    fine = run("audit", "--verify")
    assert (fine.code, "The log is as it was written. 7 events" in fine.out) == (0, True)
    fault = {"sequence": 3, "detail": "Changed since it was logged."}
    control.reply("GET", "/api/v1/audit/chain", report | {"faults": [fault]})
    run("audit", "--verify")  # the first reply once more: replies come in turn
    changed = run("audit", "--verify")
    assert (changed.code, "Event 3: Changed since it was logged." in changed.out) == (1, True)
