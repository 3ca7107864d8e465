"""A stored request runs as it was accepted: by the version chosen then, within its limits then, and not for ever."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from unshelf.contracts.deferred import DeferredRequest
from unshelf.contracts.routing import KeyRoute
from unshelf.gateway.deferred.queue import DeferredQueue, Lease
from unshelf.gateway.deferred.replay import MOST_ATTEMPTS, StoredBody, stored_request
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.predict.content_types import ARROW
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.routing.index import Caller

ID = f"d{1:028x}"
CALLER = Caller(KeyRoute(id="k1", name="tests"))
Take = Callable[..., Lease]


@pytest.fixture
def take(tmp_path: Path) -> Iterator[Take]:
    """Store a request and take it, as often as `attempts` says; the last lease is given."""
    leases: list[Lease] = []

    def taken(body: bytes = b"[1, 2]", *, attempts: int = 1, spoil: bool = False, **fields: Any) -> Lease:
        values: dict[str, Any] = {
            "id": ID, "model": "iris", "version": 2, "reference": "iris@best", "protocol": "native", "key": "k1", "created_ns": 5,
            "content_type": "application/json", "kind": 1, "header": 3,
        }  # fmt: skip
        store = DeferredQueue(tmp_path)
        store.put(DeferredRequest(**{**values, **fields}), [body])
        if spoil:
            path = tmp_path / "requests" / ID
            path.write_bytes(path.read_bytes()[:-1])
        for _ in range(attempts - 1):
            ended = store.take(ID)
            assert ended is not None
            ended.close()
        lease = store.take(ID)
        assert lease is not None
        leases.append(lease)
        return lease

    yield taken
    for lease in leases:
        lease.close()


def read(body: StoredBody, protocol: str = "native") -> Prediction:
    async def go() -> Prediction:
        prediction = Prediction("k1", "iris", protocol)
        await body.drain()
        await body.read(prediction)
        body.parse(prediction)
        body.release()
        if prediction.pending is not None:
            await prediction.pending
        return prediction

    return asyncio.run(go())


def test_the_body_and_its_header_are_those_that_were_stored(take: Take) -> None:
    prediction = read(StoredBody(take(), 100))
    assert (prediction.body, prediction.header, prediction.pieces) == (b"[1, 2]", 3, ())


def test_of_a_long_arrow_body_the_record_keeps_the_beginning(take: Take) -> None:
    prediction = read(StoredBody(take(b"0123456789", protocol=ARROW), 4), ARROW)
    assert (prediction.body, prediction.input_size, b"".join(prediction.pieces)) == (b"0123", 10, b"0123456789")
    assert prediction.input_sha256.startswith("84d89877f0d4041e")


def test_a_damaged_body_is_a_problem_that_says_so(take: Take) -> None:
    with pytest.raises(ProblemError, match="its body is damaged") as raised:
        read(StoredBody(take(spoil=True), 100))
    assert raised.value.code == "internal_error"


def test_the_last_attempt_is_still_made(take: Take) -> None:
    assert read(StoredBody(take(attempts=MOST_ATTEMPTS), 100)).body == b"[1, 2]"


def test_the_attempt_after_the_last_is_refused(take: Take) -> None:
    body = StoredBody(take(attempts=MOST_ATTEMPTS + 1), 100)
    with pytest.raises(ProblemError, match=f"ended {MOST_ATTEMPTS} times"):
        read(body)


def test_one_that_is_cancelled_meanwhile_is_refused_with_its_reason(take: Take) -> None:
    body = StoredBody(take(), 100)
    body.refused = ProblemError("cancelled", "It was cancelled.")
    with pytest.raises(ProblemError) as raised:
        read(body)
    assert raised.value is body.refused


@pytest.mark.parametrize(("stored", "asked"), [(None, None), (2.5, "2.5"), (0.1 + 0.2, "0.30000000000000004")])
def test_it_is_led_by_the_version_and_held_to_the_deadline_of_its_acceptance(
    take: Take, stored: float | None, asked: str | None
) -> None:
    request = stored_request(take(timeout=stored, traceparent="00-ab"), CALLER, None)
    assert (request.pinned, request.reference, request.timeout) == ("iris:2", "iris@best", asked)
    assert (request.admitted, request.wire_protocol, request.traceparent) == (True, 1, "00-ab")
    assert request.refusal is None


def test_one_whose_key_is_gone_carries_its_refusal_and_no_trace_that_was_not_sent(take: Take) -> None:
    refusal = ProblemError("unauthorized", "The key was revoked.")
    request = stored_request(take(), CALLER, refusal)
    assert (request.refusal, request.traceparent) == (refusal, None)
