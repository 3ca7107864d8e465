"""Bodies over HTTP: counted while they are held, shared when they are large, and recorded by their beginning when they are long."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.support.exchanges import an_exchange
from unshelf.contracts.protocols import frames
from unshelf.contracts.routing import KeyRoute
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.predict.body_reader import BodyReader
from unshelf.gateway.predict.content_types import ARROW, ARROW_STREAM, NATIVE, V2
from unshelf.gateway.predict.http_body import ArrowBody, HttpBody, http_bodies, keep_beginning
from unshelf.gateway.predict.request import PredictRequest
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.routing.index import Caller
from unshelf.gateway.sealed_buffer import SHARED_FROM_BYTES, SealedBuffer

LARGE = bytes(range(256)) * (SHARED_FROM_BYTES // 256)
Read = Callable[..., tuple[Prediction, HttpBody]]


def asked(protocol: str) -> PredictRequest:
    return PredictRequest(caller=Caller(KeyRoute(id="k", name="tests")), reference="iris", protocol=protocol)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


async def read(
    content: bytes, protocol: str, reader: BodyReader, recorded: int = 4, flags: int = 0, **headers: str
) -> tuple[Prediction, HttpBody]:
    exchange, _ = an_exchange("POST", "/", content, content_length=str(len(content)), **headers)
    body = http_bodies(reader, reader, recorded)(exchange, asked(protocol))
    prediction = Prediction("k", "iris", protocol)
    prediction.flags, prediction.content_type = flags, headers.get("content_type", "")
    await body.read(prediction)
    body.parse(prediction)
    if prediction.pending is not None:
        await prediction.pending
    return prediction, body


@pytest.mark.parametrize(("protocol", "kind"), [(NATIVE, HttpBody), (V2, HttpBody), (ARROW, ArrowBody)])
def test_each_protocol_has_its_body(protocol: str, kind: type[HttpBody]) -> None:
    reader = BodyReader(100)
    exchange, _ = an_exchange("POST", "/")
    assert type(http_bodies(reader, reader, 4)(exchange, asked(protocol))) is kind


def test_a_body_is_counted_until_it_is_released() -> None:
    reader = BodyReader(100)
    prediction, body = run(read(b"[1,2]", NATIVE, reader))
    assert (prediction.body, reader.budget.held) == (b"[1,2]", 5)
    body.release()
    assert reader.budget.held == 0


def test_a_body_that_is_too_large_is_refused_and_not_counted() -> None:
    reader = BodyReader(4)
    with pytest.raises(ProblemError) as raised:
        run(read(b"[1,2]", NATIVE, reader))
    assert (raised.value.code, reader.budget.held) == ("body_too_large", 0)


def test_binary_tensors_begin_where_the_header_says() -> None:
    prediction, _ = run(read(b"{}\0\1", V2, BodyReader(100), inference_header_content_length="2"))
    assert (prediction.header, prediction.wire_protocol) == (2, frames.V2)
    with pytest.raises(ProblemError, match="the body has 4 bytes"):
        run(read(b"{}\0\1", V2, BodyReader(100), inference_header_content_length="5"))


@pytest.mark.parametrize(
    ("accept", "flags", "header"),
    [("application/json", 0, 0), (ARROW_STREAM, 0, 1), (ARROW_STREAM, frames.STREAM, 0)],
)
def test_arrow_comes_back_where_it_is_asked_for_and_no_events_are_streamed(accept: str, flags: int, header: int) -> None:  # fmt: skip
    prediction, _ = run(read(b"abc", ARROW, BodyReader(100), flags=flags, accept=accept))
    assert (prediction.wire_protocol, prediction.header) == (frames.ARROW, header)


def test_a_short_arrow_body_is_recorded_whole_and_a_long_one_by_its_beginning_size_and_digest() -> None:
    short, _ = run(read(b"abcd", ARROW, BodyReader(100)))
    assert (short.body, short.pieces, short.input_size, short.input_sha256) == (b"abcd", (), 0, "")
    long, _ = run(read(b"abcde", ARROW, BodyReader(100)))
    assert (long.body, b"".join(long.pieces), long.input_size) == (b"abcd", b"abcde", 5)
    assert long.input_sha256 == hashlib.sha256(b"abcde").hexdigest()


def test_a_beginning_may_end_within_a_piece() -> None:
    async def story() -> None:
        prediction = Prediction("k", "iris", ARROW)
        keep_beginning(prediction, [b"ab", b"cde", b"f"], 3)
        assert (prediction.body, prediction.input_size) == (b"abc", 6)
        assert prediction.pending is not None
        await prediction.pending
        assert prediction.input_sha256 == hashlib.sha256(b"abcdef").hexdigest()

    run(story())


def test_a_large_arrow_body_is_shared_until_it_is_released() -> None:
    before = SealedBuffer.count
    reader = BodyReader(2 * len(LARGE))
    prediction, body = run(read(LARGE, ARROW, reader))
    assert (SealedBuffer.count, reader.budget.held) == (before + 1, len(LARGE))
    assert prediction.shared is not None
    assert (prediction.body, prediction.input_size) == (LARGE[:4], len(LARGE))
    assert b"".join(prediction.pieces) == LARGE
    assert prediction.input_sha256 == hashlib.sha256(LARGE).hexdigest()
    body.release()
    body.release()
    assert SealedBuffer.count == before
    assert bytes(prediction.pieces[0][:4]) == LARGE[:4], "a connection may still be sending it"


def test_a_large_body_without_room_is_refused_without_memory_for_it() -> None:
    before = SealedBuffer.count
    with pytest.raises(ProblemError) as raised:
        run(read(LARGE, ARROW, BodyReader(len(LARGE) - 1)))
    assert (raised.value.code, SealedBuffer.count) == ("body_too_large", before)


def test_a_large_body_whose_record_keeps_it_whole_is_not_shared() -> None:
    prediction, _ = run(read(LARGE, ARROW, BodyReader(2 * len(LARGE)), recorded=len(LARGE)))
    assert (prediction.shared, prediction.body == LARGE) == (None, True)
