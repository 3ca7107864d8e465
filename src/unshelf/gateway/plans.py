"""Plans: what the head of a predict request comes to, worked out once and kept with the head for as long as the table lasts."""

import msgspec

from unshelf.gateway.media import NATIVE, frame_kind, is_arrow, wants_events
from unshelf.gateway.rsgi import Headers
from unshelf.gateway.table import Caller, Destination, Table


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A prediction of the usual kind: JSON or CSV, small, and nothing special asked for."""

    table: Table
    """That it was worked out with: by another one the key may be revoked, or the model gone."""
    caller: Caller
    reference: str
    destination: Destination
    protocol: str
    content_type: str
    kind: int
    traceparent: str | None
    wish: str | None
    """The deadline that the caller asks for."""


def plan(
    headers: Headers, table: Table, caller: Caller, destination: Destination, *, reference: str, protocol: str
) -> Plan | None:
    """The plan; None for a request of an unusual kind. Raises Refused."""
    content_type = headers.get("content-type") or ""
    if "content-encoding" in headers:
        return None
    if protocol == NATIVE and (is_arrow(content_type) or wants_events(headers.get("accept"))):
        return None
    return Plan(
        table=table, caller=caller, reference=reference, destination=destination, protocol=protocol, content_type=content_type,
        kind=frame_kind(protocol, content_type, binary=False), traceparent=headers.get("traceparent"),
        wish=headers.get("x-request-timeout"),
    )  # fmt: skip
