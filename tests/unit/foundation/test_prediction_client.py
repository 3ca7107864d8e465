"""Predictions through the doors of gateways: which gateway is asked, and what becomes of one that fails."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from unshelf.contracts.errors import Unavailable
from unshelf.contracts.protocols.door import DoorOutcome, DoorRequest, door_socket
from unshelf.foundation.prediction_client import PredictionClient
from unshelf.runtime.messages import MAX_MESSAGE_BYTES, MessageReader, frame_message

_requests: MessageReader[DoorRequest] = MessageReader(DoorRequest)
ASKED = DoorRequest(actor="k1", reference="iris", purpose="try", body=b"{}")


def outcome(id: str) -> bytes:
    return frame_message(DoorOutcome(id=id, model="iris", version=1, status=200, body=b"[1]"))


class Door:
    """A gateway's door: answers each request with what `answer` gives; None: it hangs up."""

    def __init__(self, folder: Path, number: int, answer: Callable[[], bytes | None] | None = None) -> None:
        self.asked = 0
        self.connections = 0
        self._answer = answer or (lambda: outcome(f"by {number}"))
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / door_socket(number)))
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(60)
        self._listening.close()

    def _serve(self) -> None:
        with ExitStack() as open_ones:
            while True:
                try:
                    connection = open_ones.enter_context(self._listening.accept()[0])
                except OSError:
                    return
                self.connections += 1
                with contextlib.suppress(EOFError, OSError):
                    while _requests.receive(connection):
                        self.asked += 1
                        answer = self._answer()
                        if answer is None:
                            break
                        connection.sendall(answer)
                connection.close()


Open = Callable[..., Door]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[PredictionClient]:
    made = PredictionClient(tmp_path, seconds=0.2)
    yield made
    made.close()


@pytest.fixture
def door(tmp_path: Path, client: PredictionClient) -> Iterator[Open]:
    opened: list[Door] = []

    def open_door(number: int, answer: Callable[[], bytes | None] | None = None) -> Door:
        opened.append(Door(tmp_path, number, answer))
        return opened[-1]

    yield open_door
    client.close()
    for one in opened:
        one.close()


def test_one_connection_serves_one_request_after_another(door: Open, client: PredictionClient) -> None:
    gateway = door(0)
    assert [client.predict(ASKED).id for _ in range(3)] == ["by 0"] * 3
    assert (gateway.asked, gateway.connections) == (3, 1)


def test_gateways_take_turns_when_connections_are_made_anew(door: Open, client: PredictionClient) -> None:
    for number in range(3):
        door(number)
    answered = []
    for _ in range(4):
        answered.append(client.predict(ASKED).id)
        client.close()
    assert answered == ["by 0", "by 1", "by 2", "by 0"]


def test_the_next_gateway_is_asked_where_one_hangs_up(door: Open, client: PredictionClient) -> None:
    dying = door(0, lambda: None)
    door(1)
    assert client.predict(ASKED).id == "by 1"
    assert dying.asked == 1


def test_a_connection_that_died_while_idle_is_replaced(door: Open, client: PredictionClient) -> None:
    """Given a gateway that hangs up after each other answer, then no caller notices."""
    answers: list[bytes | None] = [outcome("first"), None, outcome("second")]
    gateway = door(0, lambda: answers.pop(0))
    assert [client.predict(ASKED).id for _ in range(2)] == ["first", "second"]
    assert gateway.connections == 2


def test_a_door_whose_gateway_is_gone_is_passed_over(door: Open, client: PredictionClient, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(tmp_path / door_socket(0)))
    door(1)
    assert client.predict(ASKED).id == "by 1"


def test_without_a_gateway_the_error_says_so(client: PredictionClient) -> None:
    with pytest.raises(Unavailable, match="no gateway is running") as refused:
        client.predict(ASKED)
    assert refused.value.retry_after == 1


def test_a_gateway_that_is_silent_is_not_waited_for(door: Open, client: PredictionClient) -> None:
    """Given an answer that never ends, then the time limit holds, and no other gateway predicts the same again."""
    door(0, lambda: outcome("x")[:-1])
    other = door(1)
    with pytest.raises(Unavailable, match="in time"):
        client.predict(ASKED)
    assert other.asked == 0


@pytest.mark.parametrize("answer", [b"\x03\x00\x00\x00abc", b"\xff\xff\xff\xff"])
def test_an_answer_that_is_no_outcome_is_an_error(door: Open, client: PredictionClient, answer: bytes) -> None:
    door(0, lambda: answer)
    with pytest.raises(Unavailable, match="can't be read"):
        client.predict(ASKED)


def test_a_request_too_large_for_the_door_is_refused_before_it_is_sent(door: Open, client: PredictionClient) -> None:
    gateway = door(0)
    large = DoorRequest(actor="k1", reference="iris", purpose="try", body=bytes(MAX_MESSAGE_BYTES))
    with pytest.raises(Unavailable, match="does not fit"):
        client.predict(large)
    assert gateway.asked == 0
