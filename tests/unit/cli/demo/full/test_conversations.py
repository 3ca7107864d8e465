"""Comments that were written are not written again."""

from tests.support.control import Control
from unshelf.cli.demo.full.conversations import fill
from unshelf.cli.demo.full.stage import Stage

_SUBJECTS = ("version/credit-default:2", "project/credit", "model/churn")


def test_only_what_is_missing_is_said(control: Control, stage: Stage) -> None:
    for followed in ("project/credit", "project/customer-care", "model/credit-default"):
        control.reply("PUT", f"/api/v1/subjects/{followed}/watch", {})
    for subject in _SUBJECTS:
        at = f"/api/v1/subjects/{subject}/comments"
        control.reply("GET", at, {"comments": [], "next_cursor": None})
        control.reply("POST", at, {}, 201)
    fill(stage)
    said = [each for each in control.asked if each.method == "POST"]
    assert len(said) == 4
    for subject in _SUBJECTS:
        at = f"/api/v1/subjects/{subject}/comments"
        texts = [{"text": each.json["text"]} for each in said if each.path == at]
        control.replies[("GET", at)] = [(200, {"comments": texts, "next_cursor": None}, {})]
    fill(stage)
    assert len([each for each in control.asked if each.method == "POST"]) == 4
