"""The loop sends each event once it is chained, goes on where it left off, and sends again what failed."""

import json

import pytest

from tests.support.actors import actor
from tests.support.notifying import free_port
from tests.support.syslog_server import Received, stream_receiver
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.manage.forwarding.syslog import SyslogForwarder
from unshelf.manage.forwarding.syslog_receiver import SyslogFailed, syslog_receiver


def log(database: Database, count: int) -> None:
    for number in range(count):
        with database.transaction() as session:
            EventStore(database).record(session, actor(), "key.created", Subject(kind="key", name=f"k{number}"))


def forwarder(database: Database, received: Received) -> SyslogForwarder:
    return SyslogForwarder(database, EventStore(database), syslog_receiver(received.url), host="here")


def sequences(received: Received) -> list[int]:
    return [json.loads(message.partition(b" - {")[2].join([b"{", b""]))["sequence"] for message in received.messages]


def test_events_are_sent_once_and_in_order(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unshelf.manage.forwarding.syslog._EVENTS_AT_ONCE", 3)
    with stream_receiver() as received:
        sender = forwarder(database, received)
        log(database, 4)
        assert sender.forward() is None  # none has its place yet
        close_chain(database)
        assert (sender.forward(), sender.forward(), sender.forward()) == (0.0, None, None)
        log(database, 1)
        close_chain(database)
        forwarder(database, received).forward()  # another control, or the next one
        assert sequences(received) == [1, 2, 3, 4, 5]


def test_what_failed_is_sent_again(database: Database) -> None:
    log(database, 2)
    close_chain(database)
    away = Received(url=f"tcp://127.0.0.1:{free_port()}")
    with pytest.raises(SyslogFailed):
        forwarder(database, away).forward()
    with stream_receiver() as received:
        forwarder(database, received).forward()
        assert sequences(received) == [1, 2]
