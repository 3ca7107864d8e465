"""Notifications of a whole platform: to a mail server that is away at first, and to a receiver that checks signatures as the guide says."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.accounts import joined
from tests.support.notifying import Mailbox, Receiver, free_port, mail_server, webhook_receiver
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

GUIDE = Path(__file__).parents[2] / "docs/guides/notifications.md"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with webhook_receiver() as running:
        yield running


@pytest.fixture(scope="module")
def mail_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver, mail_port: int) -> Iterator[Platform]:
    with running_platform(
        tmp_path_factory.mktemp("notifying") / "home",
        smtp_host="127.0.0.1",
        smtp_port=str(mail_port),
        smtp_tls="off",
        smtp_sender="Unshelf <unshelf@example.org>",
        webhook_hosts=f"127.0.0.1:{receiver.port}",
    ) as running:
        yield running


def is_from_unshelf() -> Callable[..., bool]:
    """The function that the guide gives receivers."""
    found = re.search(r"```python\n(import hashlib.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(found[1], names)
    function: Callable[..., bool] = names["is_from_unshelf"]
    return function


def refuse_a_request_of(platform: Platform, name: str) -> None:
    """Have somebody ask for a role, which the administrator refuses."""
    admin, anybody = platform.http.request, platform.client(None).request
    joined(admin, anybody, name, email=f"{name}@example.com")
    granted = {"kind": "user", "name": name, "role": "viewer"}
    assert admin("POST", "/api/v1/projects/default/members", json=granted).status_code == 201
    session = anybody("POST", "/api/v1/session", json={"name": name, "password": "correct horse battery"})
    headers = {
        "x-unshelf-csrf": session.json()["csrf_token"],
        "cookie": f"unshelf_session={session.cookies['unshelf_session']}",
    }
    body = {"kind": "access", "project": "default", "wanted": {"role": "contributor"}, "reason": "to deploy"}
    asked = anybody("POST", "/api/v1/requests", json=body, headers=headers)
    assert asked.status_code == 201, asked.text
    refused = admin("POST", f"/api/v1/requests/{asked.json()['id']}/refuse", json={"reason": "not this week"})
    assert refused.status_code == 200, refused.text
    inbox = anybody("GET", "/api/v1/notifications", headers=headers).json()
    assert (inbox["unread"], inbox["notifications"][0]["kind"]) == (1, "request.decided")


@pytest.mark.long
def test_mail_to_a_server_that_is_away_arrives_once_it_is_up_also_after_control_was_killed(
    platform: Platform, mail_port: int
) -> None:
    refuse_a_request_of(platform, "ana")
    wait_until(lambda: "an e-mail can't be sent now" in platform.log.read_text(), what="the server was missed")
    platform.kill("control")
    with mail_server(Mailbox(), mail_port) as mailbox:
        wait_until(lambda: mailbox.received, what="the mail arrived")
        refuse_a_request_of(platform, "bo")
        wait_until(lambda: len(mailbox.received) == 2, what="the next one arrived")
    assert [mail["To"] for mail in mailbox.received] == ["ana@example.com", "bo@example.com"]
    assert mailbox.received[0]["Subject"] == "Your request for access to default is refused"
    assert "not this week" in mailbox.received[0].get_content()


def test_a_receiver_checks_the_signature_of_what_was_tried_again(platform: Platform, receiver: Receiver) -> None:
    made = platform.http.post(
        "/api/v1/projects/default/webhooks", json={"url": receiver.url, "kinds": ["request.made", "request.decided"]}
    ).json()
    receiver.answers = [(503, {})]
    refuse_a_request_of(platform, "cy")
    at = f"/api/v1/webhooks/{made['id']}"

    def all_came() -> bool:
        """Whether a request and the decision were delivered; requests of other tests may be news only now."""
        found = platform.http.get(f"{at}/deliveries").json()["deliveries"]
        kinds = {each["kind"] for each in found if each["state"] == "delivered"}
        attempts = sum(each["attempts"] for each in found)
        return kinds == {"request.made", "request.decided"} and len(found) + 1 == attempts == len(receiver.received)

    wait_until(all_came, what="the request and its decision are delivered, one of them at the second attempt")
    check = is_from_unshelf()
    for _, headers, body in receiver.received:
        assert check(made["secret"], headers["unshelf-signature"], body)
        assert not check(made["secret"], headers["unshelf-signature"], body + b" ")
        assert not check("whsec_other", headers["unshelf-signature"], body)
        assert not check(made["secret"], headers["unshelf-signature"], body, seconds=-1)
    assert platform.http.get(at).json()["failing_since"] is None


def test_a_webhook_does_not_lead_into_the_platform(platform: Platform) -> None:
    for url in (platform.url, "https://localhost/", "http://127.0.0.1:1/", "https://169.254.169.254/"):
        answer = platform.http.post("/api/v1/webhooks", json={"url": url})
        if answer.status_code == 201:  # a name is judged when it is resolved
            sent = platform.http.post(f"/api/v1/webhooks/{answer.json()['id']}/test").json()
            at = f"/api/v1/webhooks/{answer.json()['id']}/deliveries"
            found = wait_until(
                lambda at=at: [one for one in platform.http.get(at).json()["deliveries"] if one["state"] == "failed"],  # type: ignore[misc]
                what="it is refused",
            )
            assert found[0]["id"] == sent["id"] and "none of the public internet" in found[0]["error"]
        else:
            assert answer.status_code == 422
