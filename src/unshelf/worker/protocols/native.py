"""The native protocol: `{"inputs": [row, …]}` in, the JSON array for `outputs` out."""

from typing import Any

from ..errors import invalid
from ..inputs.parts import Inputs, Part
from ..jsontext import loads
from ..outputs import Prediction

_SHAPE = 'Send {"inputs": [row, …]}.'


class Native:
    """See WireProtocol."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs

    def read(self, body: bytes, header: int) -> tuple[Part, Any]:  # noqa: ARG002 - only V2 has a binary part
        """Its rows; see WireProtocol."""
        payload = loads(body)
        if type(payload) is not dict:
            raise invalid("The body must be a JSON object with the member `inputs`.", hint=_SHAPE)
        if "inputs" not in payload:
            raise invalid("The body lacks the member `inputs`.", hint=_SHAPE)
        if len(payload) > 1:
            extra = next(name for name in payload if name != "inputs")
            raise invalid(f"The body has a member that is not known: {extra[:80]!a}.", hint=_SHAPE)
        return self._inputs.from_rows(payload["inputs"]), None

    def write(self, prediction: Prediction, start: int, stop: int, context: Any) -> tuple[bytes, int]:  # noqa: ARG002
        """The array; see WireProtocol."""
        return prediction.json(start, stop).encode(), 0
