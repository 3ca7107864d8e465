"""A mail server that dies, from the check that doctor shows to the people who hear of it by the other ways, and back."""

import json
import time
from pathlib import Path

import pytest

from tests.support.alerting import ROOT, alert_world
from tests.support.notifying import Mailbox, free_port, mail_server, smtp_options, webhook_receiver
from tests.support.waiting import wait_until
from unshelf.manage.machine.mail_server import MailServerWatch
from unshelf.monitor.machine_alerts import MachineAlerts


def test_a_dead_mail_server_reaches_administrators_by_inbox_and_webhook_and_so_does_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given an administrator with a webhook, when the mail server does not answer, then check and alert say the same, and the webhook has
    it; when it answers again, the alert is over, which the webhook hears, too."""
    passed, real, port = 0.0, time.monotonic, free_port()
    monkeypatch.setattr("unshelf.manage.machine.mail_server.time.monotonic", lambda: real() + passed)
    with webhook_receiver() as receiver, alert_world(tmp_path, hosts=("127.0.0.1",)) as world:
        world.made.webhooks.register(ROOT, receiver.url, kinds=["alert.raised"])
        watch = MailServerWatch(smtp_options(port), lambda: True, for_others=True)
        machine = MachineAlerts(world.alerts, watch.checks)
        world.made.loops.start()
        machine.look()
        world.tell()
        wait_until(lambda: len(receiver.received) == 1, what="the webhook has the alert")
        (check,), (alert,) = watch.checks(), world.alerts.open_of("machine_mail")
        assert check.state == "warn" and check.detail in alert.finding.summary and alert.finding.advice == check.hint
        assert [title for _, title in world.inbox(ROOT)] == [f"Warning: {alert.finding.summary}"]
        with mail_server(Mailbox(), port):
            passed = 61.0
            machine.look()
            assert watch.checks()[0].state == "ok"
        assert world.alerts.open_of("machine_mail") == []
        world.tell()
        wait_until(lambda: len(receiver.received) == 2, what="the webhook hears of the end")
        world.made.loops.stop()
    titles = [json.loads(body)["title"] for _, _, body in receiver.received]
    assert titles[0].startswith("Warning: ") and titles[1].startswith("Over: ")
