"""A record with a value that may not be kept."""

import json
from typing import Any

from tests.support.routes import version
from unshelf.codecs.redaction import redaction_of
from unshelf.contracts.bundle import Recording
from unshelf.contracts.records import Own
from unshelf.contracts.signature import Column, Columns, Signature

SECRET = "123-45-6789"


SIGNATURE = Signature(
    inputs=Columns(
        columns=[
            Column(name="age", type="int64"),
            Column(name="ssn", type="string"),
            Column(name="more", type="json", nullable=True),
        ]
    ),
    outputs=Columns(columns=[Column(name="output", type="float64")]),
)


def dumps(value: Any) -> bytes:
    return json.dumps(value).encode()


def recorded(
    body: bytes,
    kind: int,
    *,
    header: int = 0,
    output: bytes = b"[0.5]",
    status: int = 200,
    params: bytes = b"",
    **route: Any,
) -> Any:
    """What is written of such a request."""
    redaction = redaction_of(version(**{"signature": SIGNATURE, "recording": Recording(redact=["ssn"]), **route}))
    assert redaction is not None
    own = Own(
        id="p", time_ns=1, latency_us=1, queue_us=1, input=body, output=output, input_header=header, params=params
    )
    return redaction.apply(own, wire_protocol=kind, status=status)
