"""A stored request, run again by the pipeline that runs every request."""

import asyncio

from unshelf.contracts.deferred import Damaged
from unshelf.contracts.protocols import frames
from unshelf.gateway.deferred.queue import Lease
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.predict.content_types import ARROW
from unshelf.gateway.predict.http_body import keep_beginning
from unshelf.gateway.predict.params import attach, divided
from unshelf.gateway.predict.request import PredictRequest
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.routing.index import Caller

MOST_ATTEMPTS = 5
"""How often a request is begun whose gateway ends each time before it is answered."""


class StoredBody:
    """The body of a stored request, read from the disk when it is its turn; see RequestBody."""

    def __init__(self, lease: Lease, recorded_arrow_bytes: int) -> None:
        self._lease = lease
        self._recorded_arrow_bytes = recorded_arrow_bytes
        self.refused: ProblemError | None = None
        """Why it shall not be predicted any more."""

    async def drain(self) -> None:
        """Do nothing: no body is on its way."""

    async def read(self, prediction: Prediction) -> None:
        """Fill in the body. Raises ProblemError, also where the request was cancelled or failed too often."""
        request = self._lease.request
        prediction.header = request.header
        try:
            body = await asyncio.to_thread(self._lease.read_body)
        except Damaged as error:
            raise ProblemError("internal_error", f"The stored request can't be read: {error}.") from None
        params, body = divided(body) if request.kind >= frames.BESIDE else (b"", body)
        if request.protocol == ARROW:
            keep_beginning(prediction, [body], self._recorded_arrow_bytes)
        else:
            prediction.body = body
        if params:
            attach(prediction, params)
        if self._lease.attempts > MOST_ATTEMPTS:
            self.refused = ProblemError(
                "internal_error", f"The server ended {MOST_ATTEMPTS} times while it computed this prediction.",
                hint="The server's log has the reason.",
            )  # fmt: skip
        if self.refused is not None:
            raise self.refused

    def parse(self, prediction: Prediction) -> None:
        """Do nothing: the body was parsed when the request was accepted."""

    def release(self) -> None:
        """Do nothing: the body goes with its prediction."""


def stored_request(lease: Lease, caller: Caller, refusal: ProblemError | None) -> PredictRequest:
    """The request as it was accepted: led by the version chosen then, and held to its limits then."""
    request = lease.request
    timeout = None if request.timeout is None else repr(request.timeout)
    return PredictRequest(
        caller=caller, reference=request.reference, protocol=request.protocol, content_type=request.content_type,
        wire_protocol=request.kind, pinned=f"{request.model}:{request.version}", refusal=refusal,
        traceparent=request.traceparent or None, timeout=timeout, admitted=True,
    )  # fmt: skip
