"""Messages of RFC 5424: a head that every receiver reads, JSON in ASCII, and a bound."""

import json
from datetime import UTC, datetime

import pytest

from unshelf.foundation.events.event import LoggedEvent, Subject
from unshelf.manage.forwarding.syslog_messages import MOST_DATAGRAM_BYTES, message_of


def event(action: str = "key.created", **fields: object) -> LoggedEvent:
    values: dict[str, object] = {
        "id": "0" * 26, "sequence": 7, "previous_hash": "a" * 64, "hash": "b" * 64, "time": datetime(2027, 3, 1, 12, tzinfo=UTC),
        "actor_id": "k1", "actor_kind": "user", "actor_label": "Zoë", "action": action, "subject": Subject(kind="key", name="k9"),
        "before": None, "after": {"role": "predict"}, "reason": "",
    }  # fmt: skip
    return LoggedEvent(**values | fields)  # type: ignore[arg-type]


def test_a_message_has_its_head_and_the_event() -> None:
    message = message_of(event(), "models.example.org")
    head, _, body = message.partition(b" - {")
    assert head == b"<110>1 2027-03-01T12:00:00.000000Z models.example.org unshelf - key.created"
    found = json.loads(b"{" + body)
    assert (found["actor"], found["sequence"], found["after"], found["hash"]) == (
        "Zoë",
        7,
        {"role": "predict"},
        "b" * 64,
    )
    assert message.isascii()


@pytest.mark.parametrize(
    ("action", "priority"),
    [("login.failed", 109), ("access.refused", 109), ("egress.refused", 109), ("login.succeeded", 110)],
)
def test_refusals_are_notices(action: str, priority: int) -> None:
    assert message_of(event(action), "host").startswith(b"<%d>1 " % priority)


def test_nothing_breaks_the_head_and_long_events_keep_their_hash() -> None:
    odd = message_of(event("a b\n" * 20), "no host\n")
    assert odd.split(b" ")[2] == b"no_host_"
    assert len(odd.split(b" ")[5]) == 32
    assert message_of(event(), "").split(b" ")[2] == b"-"
    long = message_of(event(after={"x": "y" * 10_000}), "host", most_bytes=MOST_DATAGRAM_BYTES)
    found = json.loads(long.partition(b" - {")[2].join([b"{", b""]))
    assert (found["cut"], found["after"], found["hash"]) == (True, None, "b" * 64)
    assert len(long) < MOST_DATAGRAM_BYTES
