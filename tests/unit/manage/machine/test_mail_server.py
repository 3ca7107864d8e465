"""The mail server is called before there is something to tell: a real one, on a free port of this machine."""

import time

import pytest

from tests.support.notifying import Mailbox, free_port, mail_server, smtp_options
from unshelf.contracts.configs import SmtpOptions
from unshelf.manage.machine.mail_server import MailServerWatch


@pytest.mark.runs_program
def test_one_that_answers_is_well_and_gets_no_e_mail() -> None:
    mailbox, port = Mailbox(), free_port()
    with mail_server(mailbox, port):
        [check] = MailServerWatch(smtp_options(port), lambda: True, for_others=True).checks()
    assert (check.name, check.state, check.detail) == ("mail", "ok", f"127.0.0.1:{port} answers")
    assert mailbox.received == []


def test_one_that_is_away_is_told_with_the_settings_that_name_it_and_not_called_at_each_look() -> None:
    calls: list[float] = []

    def refuse(smtp: SmtpOptions, seconds: float) -> None:
        calls.append(seconds)
        raise ConnectionRefusedError(111, "Connection refused")

    watch = MailServerWatch(smtp_options(1), lambda: True, for_others=True, call=refuse)
    for _ in range(3):
        [check] = watch.checks()
        assert check.state == "warn" and "127.0.0.1:1: ConnectionRefusedError" in check.detail
        assert "UNSHELF_SMTP_PORT" in check.hint
    assert len(calls) == 1


def test_without_an_administrator_who_can_be_written_to_alerts_reach_nobody() -> None:
    watch = MailServerWatch(smtp_options(1), lambda: False, for_others=True, call=lambda smtp, seconds: None)
    server, people = watch.checks()
    assert (server.name, server.state) == ("mail", "ok")
    assert (people.name, people.state) == ("mail_people", "warn") and "users invite" in people.hint


@pytest.mark.runs_program
def test_a_server_that_dies_and_comes_back_is_seen_after_five_minutes_and_after_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passed = 0.0
    began = time.monotonic()
    monkeypatch.setattr("unshelf.manage.machine.mail_server.time.monotonic", lambda: began + passed)
    mailbox, port = Mailbox(), free_port()
    watch = MailServerWatch(smtp_options(port), lambda: True, for_others=True)
    with mail_server(mailbox, port):
        assert [each.state for each in watch.checks()] == ["ok"]
    assert [each.state for each in watch.checks()] == ["ok"]  # not called at each look
    passed = 301.0
    assert [each.state for each in watch.checks()] == ["warn"]
    with mail_server(mailbox, port):
        passed += 61.0
        assert [each.state for each in watch.checks()] == ["ok"]


@pytest.mark.parametrize("for_others", [True, False])
def test_without_a_mail_server_an_installation_hears_of_it_and_a_laptop_nothing(for_others: bool) -> None:
    none = SmtpOptions(host="", port=587, user="", password="", tls="starttls", sender="")
    assert [each.state for each in MailServerWatch(none, lambda: True, for_others=for_others).checks()] == (
        ["ok"] if for_others else []
    )
