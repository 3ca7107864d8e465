"""The private door of gateways: names of its sockets, and what its messages leave out."""

from fnmatch import fnmatch

import msgspec

from unshelf.contracts.protocols.door import DOOR_SOCKETS, DoorOutcome, DoorRequest, door_socket


def test_each_gateway_has_a_door_that_the_pattern_finds() -> None:
    assert door_socket(0) != door_socket(1)
    assert fnmatch(door_socket(12), DOOR_SOCKETS)
    assert not fnmatch("control-0.sock", DOOR_SOCKETS)


def test_messages_leave_out_what_is_usual() -> None:
    request = DoorRequest(actor="k1", reference="iris", purpose="try", body=b"{}")
    plain = msgspec.msgpack.decode(msgspec.msgpack.encode(request))
    assert plain == {"actor": "k1", "reference": "iris", "purpose": "try", "body": b"{}"}
    outcome = DoorOutcome(id="p1", status=404, code="not_found")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(outcome), type=DoorOutcome) == outcome
