"""Predict requests: who asks what of which model, apart from the body, which each transport reads in its own way."""

from typing import Protocol

import msgspec

from unshelf.contracts.records import LIVE, Purpose
from unshelf.gateway.access.shares import Holder, SharedRoom
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.routing.index import Caller, Route, Table


class PredictRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of a request before its body is read. Requests with equal heads may share one."""

    caller: Caller
    reference: str
    """As the caller wrote it; empty where the body names the model."""
    protocol: str
    content_type: str = ""
    wire_protocol: int = 0
    """The frame's protocol number, where the head tells it; else 0, and `RequestBody.parse` finds it."""
    table: Table | None = None
    """The routing table that `route` was looked up in."""
    route: Route | None = None
    """Where the reference leads; None: not looked up, or refused."""
    pinned: str = ""
    """The reference to look up in place of the caller's: the version that was chosen when the request was accepted."""
    refusal: ProblemError | None = None
    """Why the request can only be refused: it is recorded, with its body unless it is forbidden, and answered with this."""
    traceparent: str | None = None
    timeout: str | None = None
    """The deadline that the caller asks for: seconds, as written."""
    admitted: bool = False
    """Whether caller and model are held to no limits: they were before, or the platform itself asks."""
    purpose: Purpose = LIVE
    """Why it is asked for; nothing that a caller sends sets it."""

    holder: Holder | None = None
    """Whom a usual body counts for, where the head tells it."""

    def holder_of(self, room: SharedRoom) -> Holder:
        """Whom something in this room counts for."""
        key = self.caller.key
        return room.holder(key.id, key.name, "" if self.route is None else self.route.model.project)

    def identity(self) -> tuple[str, str, str, str, int, object, Purpose]:
        """The first fields of its Prediction, which is recorded together with those of equal requests."""
        return (
            self.caller.key.id,
            self.reference,
            self.protocol,
            self.content_type,
            self.wire_protocol,
            self,
            self.purpose,
        )


class RequestBody(Protocol):
    """The body of a request on its way in, over whichever transport."""

    async def drain(self) -> None:
        """Read and forget the body of a request that is refused before `read`, so that its sender hears the answer."""

    async def read(self, prediction: Prediction) -> None:
        """Fill in the body. Raises ProblemError."""

    def parse(self, prediction: Prediction) -> None:
        """Fill in how the body is written, as far as the head did not tell. Raises ProblemError."""

    def release(self) -> None:
        """Give back the memory that `read` counted."""
