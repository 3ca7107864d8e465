"""The administrator's link, asked for through the server's address."""

from tests.support.control import running_control
from tests.support.routes import TOKEN
from unshelf.server.login_link import login_link


def test_the_link_is_what_the_server_answers() -> None:
    with running_control() as control:
        control.reply("POST", "/api/v1/session/links", {"url": "http://127.0.0.1/l", "expires_at": ""}, 201)
        assert login_link(control.url, TOKEN) == "http://127.0.0.1/l"
        assert login_link(control.url, "another") == ""


def test_a_server_that_does_not_answer_gives_none() -> None:
    assert login_link("http://127.0.0.1:9", TOKEN) == ""
