"""kill -9 of control between the sending of an alert and the note that it was sent: it comes twice at most, under one id."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.support.accounts import joined
from tests.support.backends import BACKENDS
from tests.support.models import write_model
from tests.support.notifying import Mailbox, Receiver, free_port, mail_server, webhook_receiver
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until
from unshelf.server.backends import load_backend

FAILING = """
def predict(rows):
    if rows[0]["a"] < 0:
        raise ValueError("below zero")
    return [row["a"] for row in rows]
"""
CALLS = 40
"""As many failures as make an alert."""


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server(made := Mailbox(free_port()), made.port):
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with webhook_receiver() as running:
        yield running


@pytest.fixture
def platform(tmp_path: Path, mailbox: Mailbox, receiver: Receiver) -> Iterator[Platform]:
    """A platform whose models ana answers for, by e-mail."""
    settings = {
        "gateways": "1", "smtp_host": "127.0.0.1", "smtp_port": str(mailbox.port), "smtp_tls": "off",
        "smtp_sender": "Unshelf <unshelf@example.org>", "webhook_hosts": f"127.0.0.1:{receiver.port}",
    }  # fmt: skip
    with running_platform(tmp_path / "home", **settings) as running:
        joined(running.http.request, running.client(None).request, "ana", email="ana@example.com")
        owner = {"kind": "user", "name": "ana", "role": "owner"}
        assert running.http.post("/api/v1/projects/default/members", json=owner).status_code == 201
        yield running


def kill_control(platform: Platform, go: threading.Event) -> None:
    """Wait for the test, then kill -9 control, and wait until it can do nothing more."""
    assert go.wait(60)
    victim = platform.processes("control")[0]
    victim.kill()
    victim.wait(60)


def alert_of(platform: Platform, folder: Path, name: str) -> str:
    """Have a model fail until a monitor alerts ana; the id of the alert."""
    platform.cli("deploy", str(write_model(folder / name, name=name, code=FAILING, example=[{"a": 1.0}])))
    assert platform.http.put(f"/api/v1/models/{name}/support", json={"owner": {"name": "ana"}}).status_code == 200
    for _ in range(CALLS):
        answer = platform.http.post(f"/models/{name}/predict", json={"inputs": [{"a": -1.0}]})
        assert answer.status_code == 500, answer.text
    judged = platform.http.post(f"/api/v1/models/{name}/monitors/run", json={"monitor": "errors"})
    assert judged.json()["alarms"] == 1, judged.text
    (alert,) = alerts(platform, name)
    assert alert["kind"] == "errors_high"
    return str(alert["id"])


def alerts(platform: Platform, name: str) -> list[dict[str, Any]]:
    def listed() -> httpx.Response | None:
        answer = platform.http.get("/api/v1/alerts", params={"model": name})
        return None if answer.status_code == 503 else answer  # mails go out before control answers again

    answer = wait_until(listed, what="control answers")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["alerts"]
    return found


def must_have_settled(platform: Platform) -> None:
    """Wait until no e-mail and no delivery waits to be sent any more."""
    url = BACKENDS.settings(platform.home).get("database", f"sqlite:///{platform.home}/unshelf.db")
    database = load_backend("database", url)(url)
    waiting = text("select count(*) from work where loop in ('mail', 'webhooks')")

    def are_sent() -> bool:
        with database.read() as session:
            return session.scalar(waiting) == 0

    try:
        wait_until(are_sent, what="everything is sent, and noted")
    finally:
        database.dispose()


@pytest.mark.long
def test_an_alert_that_was_sent_as_control_was_killed_comes_once_more_at_most_under_the_same_id(
    platform: Platform, mailbox: Mailbox, receiver: Receiver, tmp_path: Path
) -> None:
    """Given a mail server, and then a receiver, that has an alert as control is killed, before control knows, when control is back,
    then it is sent once more and no oftener, with the Message-ID, or the delivery id, that it had; the next alert comes once."""
    go = threading.Event()
    mailbox.before_answer = [lambda: kill_control(platform, go)]
    first = alert_of(platform, tmp_path, "shaky")
    go.set()
    wait_until(lambda: len(mailbox.received) == 2, what="the e-mail came once more")
    must_have_settled(platform)
    ids = [mail["Message-ID"] for mail in mailbox.received]
    assert (len(ids), len(set(ids))) == (2, 1)
    assert all(f"/alerts/{first}" in mail.get_content() for mail in mailbox.received)
    assert [each["id"] for each in alerts(platform, "shaky")] == [first], "control knows it for the same alert"

    hook = {"url": receiver.url, "kinds": ["alert.raised"]}
    assert platform.http.post("/api/v1/projects/default/webhooks", json=hook).status_code == 201
    go.clear()
    receiver.before_answer = [lambda: kill_control(platform, go)]
    second = alert_of(platform, tmp_path, "shakier")
    go.set()
    wait_until(lambda: len(receiver.received) == 2, what="the delivery came once more")
    must_have_settled(platform)
    deliveries = [headers["unshelf-delivery"] for _, headers, _ in receiver.received]
    bodies = [body for _, _, body in receiver.received]
    assert (len(deliveries), len(set(deliveries)), len(set(bodies))) == (2, 1, 1)
    assert second.encode() in bodies[0]
    about_second = Counter(mail["Message-ID"] for mail in mailbox.received if mail["Message-ID"] != ids[0])
    assert len(about_second) == 1
    assert max(about_second.values()) <= 2, "its e-mail may have been under way as control was killed"

    alert_of(platform, tmp_path, "shakiest")
    wait_until(lambda: len({each[1]["unshelf-delivery"] for each in receiver.received}) == 2, what="the third alert")
    must_have_settled(platform)
    assert len(receiver.received) == 3
    messages = Counter(mail["Message-ID"] for mail in mailbox.received)
    assert (len(messages), min(messages.values())) == (3, 1)
