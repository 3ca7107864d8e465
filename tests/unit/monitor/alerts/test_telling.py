"""People hear of alerts: at once, once a group, in the digest, again where nobody acknowledges, and at the end."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.alerting import ANA, OLGA, ROOT, VERA, AlertWorld, alert_world, drift
from tests.support.notifying import Mailbox, free_port, mail_server, smtp_options, webhook_receiver
from tests.support.waiting import wait_until
from unshelf.foundation.clock import now
from unshelf.manage.keys.service import ADMIN
from unshelf.monitor.alerts.telling import KINDS
from unshelf.monitor.support.service import WantedSupport
from unshelf.monitor.support.support import SupportLevel


def test_who_answers_and_who_follows_hear_of_it_once_with_the_way_to_the_card(world: AlertWorld) -> None:
    world.watching.follow(VERA, "model", "churn")
    id = world.raise_()
    assert world.inbox(ANA) == []
    for _ in range(2):
        world.tell()
        world.raise_(evidence={"seen": "again"})
    for who in (ANA, VERA):
        assert world.inbox(who) == [("alert.raised", "Warning: errors_high of churn.")]
    page, _ = world.notifications.inbox(ANA, limit=9)
    assert page.items[0].notification.link == f"/alerts/{id}"
    assert world.inbox(OLGA) == []
    assert world.history(id) == ["alert.raised", "alert.notified"]


def test_alerts_that_begin_together_are_one_message(world: AlertWorld) -> None:
    for kind in ("inputs_drifted", "outputs_drifted", "errors_high"):
        world.raise_(kind, severity="critical" if kind == "errors_high" else "warning")
    world.tell()
    assert world.inbox(ANA) == [("alert.raised", "Critical: errors_high of churn. (and 2 more)")]
    world.raise_("latency_high")
    world.tell()
    assert len(world.inbox(ANA)) == 1  # the group heard of worse
    world.pass_(minutes=10)
    world.tell()
    assert world.inbox(ANA)[1:] == [("alert.raised", "Warning: latency_high of churn.")]


def test_alerts_about_one_window_are_one_group_however_late_they_come(world: AlertWorld) -> None:
    first = world.raise_("inputs_drifted", evidence=drift())
    world.tell()
    world.pass_(minutes=30)
    second = world.raise_("outputs_drifted", evidence=drift())
    world.tell()
    assert world.found(second).life.group == world.found(first).life.group == first


def test_a_worse_alert_of_the_group_is_heard_of_at_once(world: AlertWorld) -> None:
    world.raise_("inputs_drifted")
    world.tell()
    world.raise_("errors_high", severity="critical")
    world.tell()
    assert [title for _, title in world.inbox(ANA)] == [
        "Warning: inputs_drifted of churn.", "Critical: errors_high of churn.",
    ]  # fmt: skip


def test_the_end_is_heard_of_once_the_whole_group_is_over(world: AlertWorld) -> None:
    for kind in ("inputs_drifted", "errors_high"):
        world.raise_(kind)
    world.tell()
    world.alerts.over("errors_high", "churn", because="The next window is fine.")
    world.tell()
    assert len(world.inbox(ANA)) == 1
    world.alerts.over("inputs_drifted", "churn")
    world.tell()
    world.tell()
    assert world.inbox(ANA)[1:] == [("alert.raised", "Over: inputs_drifted of churn. (and 1 more)")]


def test_what_ends_before_anybody_heard_of_it_is_no_message(world: AlertWorld) -> None:
    world.raise_()
    world.alerts.over("errors_high", "churn")
    world.tell()
    assert world.inbox(ANA) == []


def test_a_critical_model_is_escalated_until_somebody_acknowledges(world: AlertWorld) -> None:
    wanted = WantedSupport(level="critical", escalate_to=("user", "vera"), escalate_after=5)
    world.support.set(ROOT, "model", "churn", wanted)
    id = world.raise_()
    world.tell()
    world.pass_(minutes=4)
    world.tell()
    assert (len(world.inbox(ANA)), world.inbox(VERA)) == (1, [])
    world.pass_(minutes=1)
    world.tell()
    escalated = ("alert.escalated", "Nobody has it: errors_high of churn.")
    assert (world.inbox(ANA)[1:], world.inbox(VERA)) == ([escalated], [escalated])
    world.pass_(minutes=5)
    world.tell()
    assert world.inbox(ROOT) == [escalated]
    world.pass_(minutes=60)
    world.tell()
    assert (len(world.inbox(ANA)), world.found(id).life.escalations) == (3, 2)


def test_an_acknowledged_alert_is_not_escalated(world: AlertWorld) -> None:
    world.support.set(ROOT, "model", "churn", WantedSupport(level="critical"))
    id = world.raise_()
    world.tell()
    world.answers.acknowledge(ANA, id)
    world.pass_(hours=2)
    world.tell()
    assert len(world.inbox(ANA)) == 1


def test_best_effort_is_heard_of_in_the_digest_alone(world: AlertWorld) -> None:
    world.support.set(ROOT, "project", "risk", WantedSupport(level="best-effort"))
    world.raise_("inputs_drifted")
    world.raise_("errors_high")
    world.tell()
    assert world.inbox(ANA) == []
    world.pass_(days=1)
    world.tell()
    world.tell()
    assert world.inbox(ANA) == [("alert.digest", "2 alerts are open for models with best-effort support")]


def test_a_snooze_that_ends_is_heard_of_anew(world: AlertWorld) -> None:
    id = world.raise_()
    world.tell()
    world.answers.snooze(ANA, id, now() + timedelta(hours=1))
    world.tell()
    assert len(world.inbox(ANA)) == 1
    world.pass_(hours=1)
    world.tell()
    assert [kind for kind, _ in world.inbox(ANA)] == ["alert.raised", "alert.raised"]
    assert world.found(id).life.snoozed_until is None
    assert world.history(id)[2:] == ["alert.snoozed", "alert.woken", "alert.notified"]


def test_what_was_ignored_is_heard_of_when_it_has_changed(world: AlertWorld) -> None:
    id = world.raise_("inputs_drifted", evidence=drift(1.5))
    world.tell()
    world.answers.ignore(ANA, id, reason="Christmas.")
    world.raise_("inputs_drifted", evidence=drift(1.6))
    world.tell()
    assert len(world.inbox(ANA)) == 1
    world.raise_("inputs_drifted", evidence=drift(3.0))
    world.tell()
    assert (len(world.inbox(ANA)), world.found(id).life.ignored) == (2, None)
    assert "alert.changed" in world.history(id)


def test_the_loop_says_when_it_is_next_due_and_rests_else(world: AlertWorld) -> None:
    assert world.telling.tell() >= 3600
    world.support.set(ROOT, "model", "churn", WantedSupport(level="critical", escalate_after=5))
    world.raise_()
    world.tell()
    assert 200 < world.telling.tell() <= 300


def test_a_message_has_the_suggestion_of_the_card(world: AlertWorld) -> None:
    world.telling.suggest_by(lambda alert: f"Roll back {alert.finding.model}.")
    world.raise_()
    world.tell()
    page, _ = world.notifications.inbox(ANA, limit=9)
    assert "Suggested: Roll back churn." in page.items[0].notification.body
    assert {kind.name for kind in KINDS} <= {choice.kind for choice in world.notifications.choices(ANA)}


def test_an_alert_reaches_a_mail_server_and_a_chat_that_were_away_once_each(tmp_path: Path) -> None:
    """Given a mail server that is away and a webhook that fails, when an alert is raised and both come up, then both have it once, the
    e-mail with the id of its notification. tests/integration/test_notifications.py kills control in between."""
    port = free_port()
    with webhook_receiver() as receiver, alert_world(tmp_path, smtp=smtp_options(port), hosts=("127.0.0.1",)) as world:
        receiver.answers = [(503, {})]
        world.made.webhooks.register(OLGA, receiver.url, kinds=["alert.raised"], format="slack", project="risk")
        world.made.loops.start()
        id = world.raise_()
        world.tell()
        wait_until(lambda: len(receiver.received) == 1, what="the first attempt")
        with mail_server(Mailbox(), port) as mailbox:
            wait_until(lambda: mailbox.received and len(receiver.received) == 2, what="both arrive")
        world.made.loops.stop()
        page, _ = world.notifications.inbox(ANA, limit=9)
    (mail,) = mailbox.received
    assert mail["Message-ID"] == f"<{page.items[0].id}@example.org>"
    assert f"/alerts/{id}" in mail.get_content()
    bodies = {body for _, _, body in receiver.received}
    assert len(bodies) == 1  # byte for byte the same at each attempt
    chat = json.loads(bodies.pop())
    assert chat["text"] == "Warning: errors_high of churn."
    assert [block["type"] for block in chat["blocks"]] == ["header", "section", "context"]


@pytest.mark.parametrize("level", ["standard", "best-effort"])
def test_what_was_raised_before_anybody_had_an_account_is_told_to_the_first_administrator(
    world: AlertWorld, level: SupportLevel
) -> None:
    """Given alerts of a new installation that only the embedded administrator heard of, when somebody becomes an administrator, then
    they hear of those that are open, once; and of their end."""
    everybody, world.people.actors = world.people.actors, {}
    embedded = replace(ROOT, id=ADMIN)
    world.support.set(ROOT, "model", "churn", WantedSupport(level=level))
    over, open_ = world.raise_("machine_disk", None), world.raise_("machine_mail", None)
    of_model = world.raise_()
    world.tell()
    world.pass_(days=1)
    world.tell()
    before = len(world.inbox(embedded))
    assert before == 2
    world.tell()
    world.alerts.over("machine_disk")
    world.tell()
    assert len(world.inbox(embedded)) == before  # the group is not over
    assert world.found(open_, embedded).life.unheard
    world.people.actors = {ROOT.id: everybody[ROOT.id]}
    for _ in range(2):
        world.tell()
    titles = sorted(title for _, title in world.inbox(ROOT))
    of_churn = "1 alert is open for models with best-effort support"
    assert titles == sorted(
        ["Warning: machine_mail of None.", of_churn if level == "best-effort" else "Warning: errors_high of churn."]
    )
    assert not world.found(open_).life.unheard and not world.found(of_model).life.unheard
    world.alerts.over("machine_mail")
    world.tell()
    assert world.inbox(ROOT)[2:] == [("alert.raised", "Over: machine_mail of None.")]
    assert over not in world.ids()


def test_what_somebody_acknowledged_without_an_account_is_not_told_anew(world: AlertWorld) -> None:
    everybody, world.people.actors = world.people.actors, {}
    id = world.raise_("machine_mail", None)
    world.tell()
    world.answers.acknowledge(replace(ROOT, id=ADMIN), id)
    world.people.actors = everybody
    world.tell()
    assert world.inbox(ROOT) == []
