"""Comments, watches and activity through the API of control put together for real."""

import pytest

from tests.support.asgi import AppCaller
from unshelf.server.wiring.control import Control

AT = "/api/v1/subjects/project/default"


def test_a_conversation(admin: AppCaller) -> None:
    """Given a project, a comment is written, edited and deleted; its author follows it; all of it is its activity."""
    written = admin("POST", f"{AT}/comments", json={"text": "The **first**"})
    assert (written.status_code, written.json()["author"]) == (201, "admin")
    one = f"{AT}/comments/{written.json()['id']}"
    assert admin("PUT", one, json={"text": "second"}).json()["edits"] == 1
    assert [each["text"] for each in admin("GET", f"{one}/texts").json()["texts"]] == ["The **first**", "second"]
    assert admin("DELETE", one).status_code == 204
    assert admin("DELETE", one).status_code == 204
    comments = admin("GET", f"{AT}/comments").json()["comments"]
    assert [(each["text"], each["deleted_by"]) for each in comments] == [("", "admin")]
    watches = admin("GET", "/api/v1/watches").json()["watches"]
    assert [(each["kind"], each["name"], each["reason"]) for each in watches] == [("project", "default", "comment")]
    assert admin("PUT", f"{AT}/watch", json={"muted": True}).json()["muted"] is True
    assert admin("DELETE", f"{AT}/watch").status_code == 204
    assert admin("DELETE", f"{AT}/watch").status_code == 204
    assert admin("GET", "/api/v1/watches").json()["watches"] == []
    activity = admin("GET", f"{AT}/activity").json()["events"]
    assert [(each["action"], each["kind"]) for each in activity] == [
        ("comment.deleted", "project"), ("comment.edited", "project"), ("comment.added", "project"),
    ]  # fmt: skip
    assert "first" not in str(activity)
    everything = admin("GET", "/api/v1/activity").json()["events"]
    assert everything[0]["id"] == activity[0]["id"]
    assert "records" not in {each["kind"] for each in everything}, "the platform's own files are no news to people"


def test_a_body_that_can_be_no_comment_is_told(admin: AppCaller) -> None:
    bodies: list[dict[str, str]] = [
        {}, {"text": ""}, {"text": " "}, {"text": "x" * 20_001}, {"text": "x", "by": "me"}
    ]  # fmt: skip
    for body in bodies:
        answer = admin("POST", f"{AT}/comments", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), body
    assert admin("GET", f"{AT}/comments").json()["comments"] == []


@pytest.mark.long
def test_strangers_reach_no_conversation(control: Control, stranger: AppCaller) -> None:
    for verb, path in [
        ("GET", "comments"), ("POST", "comments"), ("PUT", "comments/x"), ("DELETE", "comments/x"), ("GET", "comments/x/texts"),
        ("GET", "activity"), ("PUT", "watch"), ("DELETE", "watch"),
    ]:  # fmt: skip
        for subject in ("model/iris", "project/default", "alert/x"):
            assert stranger(verb, f"/api/v1/subjects/{subject}/{path}").status_code == 403, (verb, subject, path)
