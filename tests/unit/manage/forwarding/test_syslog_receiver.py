"""Syslog receivers, real ones: what is sent arrives whole, and what may be lost is an error."""

from pathlib import Path

import pytest

from tests.support.notifying import free_port
from tests.support.syslog_server import certificate, datagram_receiver, stream_receiver
from tests.support.waiting import wait_until
from unshelf.manage.forwarding.syslog_receiver import SyslogFailed, syslog_receiver

MESSAGES = [b"<110>1 a", b"<110>1 b 7 c\nd", b"<110>1 " + b"x" * 5000]


def test_datagrams_and_streams_carry_each_message(tmp_path: Path) -> None:
    tls = certificate(tmp_path)
    with datagram_receiver() as datagrams, stream_receiver() as plain, stream_receiver(tls) as secret:
        for received in (datagrams, plain, secret):
            syslog_receiver(received.url, str(tls[0])).send(MESSAGES)
            wait_until(lambda received=received: received.messages == MESSAGES, what=received.url)


def test_nobody_who_can_not_prove_its_name_gets_anything(tmp_path: Path) -> None:
    with stream_receiver(certificate(tmp_path)) as received:
        with pytest.raises(SyslogFailed, match="CERTIFICATE_VERIFY_FAILED"):
            syslog_receiver(received.url).send(MESSAGES)
        assert received.messages == []


def test_a_connection_that_breaks_is_an_error() -> None:
    with pytest.raises(SyslogFailed, match="refused"):
        syslog_receiver(f"tcp://127.0.0.1:{free_port()}").send(MESSAGES)
    with stream_receiver() as received:
        received.break_off = True
        with pytest.raises(SyslogFailed):
            syslog_receiver(received.url).send([b"x" * 60_000] * 200)


def test_addresses_are_read() -> None:
    found = [syslog_receiver(url) for url in ("udp://a", "tcp://a", "tls://a", "tls://a.example.org:6000")]
    assert [(each.host, each.port) for each in found] == [
        ("a", 514), ("a", 601), ("a", 6514), ("a.example.org", 6000)
    ]  # fmt: skip
    for wrong in ("", "a:514", "http://a", "tcp://", "tcp://a:x", "tcp://u@a", "tcp://a/path"):
        with pytest.raises(ValueError):
            syslog_receiver(wrong)
