"""A body goes to its worker as a descriptor beside the head of its frame, or not at all."""

import os
import socket
from collections.abc import Iterator

import pytest

from unshelf.contracts.protocols import frames
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.sealed_buffer import SealedBuffer
from unshelf.gateway.workers.fd_passing import hand_over

CONTENT = bytes(range(256)) * 16


@pytest.fixture
def body() -> Iterator[SealedBuffer]:
    buffer = SealedBuffer(len(CONTENT))
    buffer.write(CONTENT)
    buffer.seal()
    yield buffer
    buffer.close()


def a_prediction() -> Prediction:
    prediction = Prediction("k", "iris", "arrow", wire_protocol=frames.ARROW)
    prediction.wire_id, prediction.flags, prediction.header = 7, frames.STREAM, 1
    return prediction


def test_the_worker_gets_the_head_and_the_memory(body: SealedBuffer) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert hand_over(ours.fileno(), a_prediction(), body) == b""
        data, (descriptor,), _, _ = socket.recv_fds(theirs, 1 << 16, 4)
        length, *head = frames.REQUEST.unpack(data[: frames.REQUEST.size])
        assert length == len(data) - frames.LENGTH_BYTES
        assert head == [7, frames.PREDICT, frames.ARROW, frames.STREAM | frames.BODY_BY_FD, 1]
        assert frames.HANDED.unpack(data[frames.REQUEST.size :]) == (len(CONTENT),)
        assert os.pread(descriptor, 1 << 20, 0) == CONTENT
        os.close(descriptor)
        ours.sendall(b"x")  # the socket is still the caller's
        assert theirs.recv(1) == b"x"


def test_nothing_goes_to_a_worker_that_takes_nothing(body: SealedBuffer) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        ours.setblocking(False)
        with pytest.raises(BlockingIOError):
            while True:
                ours.send(bytes(1 << 16))
        assert hand_over(ours.fileno(), a_prediction(), body) is None


def test_nothing_goes_to_a_worker_that_is_gone(body: SealedBuffer) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours:
        theirs.close()
        assert hand_over(ours.fileno(), a_prediction(), body) is None


def test_nothing_goes_of_a_body_whose_memory_was_given_back(body: SealedBuffer) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        theirs.setblocking(False)
        body.close()
        assert hand_over(ours.fileno(), a_prediction(), body) is None
        with pytest.raises(BlockingIOError):
            theirs.recv(1)
