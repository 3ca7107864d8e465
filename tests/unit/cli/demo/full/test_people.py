"""People who are there are not invited again."""

from tests.support.control import Control
from unshelf.cli.demo.full.people import PEOPLE, fill
from unshelf.cli.demo.full.stage import Stage


def test_who_is_there_stays_and_who_is_missing_is_invited(control: Control, stage: Stage) -> None:
    for kind, name in [*(("user", name) for name in PEOPLE), ("group", "data-scientists"), ("group", "model-risk")]:
        control.reply("GET", f"/api/v1/{kind}s/{name}", {"name": name})
        control.reply("GET", f"/api/v1/subjects/{kind}/{name}", {"tags": [{"tag": "demo"}]})
    for group, member in (("data-scientists", "ben"), ("data-scientists", "mia"), ("model-risk", "leo")):
        control.reply("PUT", f"/api/v1/groups/{group}/members/{member}", None, 204)
    assert fill(stage) == "5 people, 2 groups"
    control.replies.pop(("GET", "/api/v1/users/zoe"))
    control.problem("GET", "/api/v1/users/zoe", 404, "not_found", "There is no user.")
    control.reply("POST", "/api/v1/users", {"url": "http://x/password#y"}, 201)
    control.reply("PUT", "/api/v1/subjects/user/zoe/tags/demo", {})
    fill(stage)
    (invited,) = control.calls("POST", "/api/v1/users")
    assert (invited.json["name"], invited.json["email"]) == ("zoe", "zoe@example.com")
