"""The native protocol: `{"inputs": [row, …]}` in, the JSON array for `outputs` out."""

from typing import Any

from ..encoding.json_codec import loads
from ..errors import invalid
from ..inputs.request_inputs import Inputs, RequestInputs
from ..outputs import BatchOutputs
from ..parameters.schema import NO_PARAMETERS, Parameters

_SHAPE = 'Send {"inputs": [row, …]}.'
_MEMBERS = frozenset({"inputs", "params"})


class Native:
    """See WireProtocol."""

    def __init__(self, inputs: Inputs, parameters: Parameters = NO_PARAMETERS) -> None:
        self._inputs = inputs
        self._parameters = parameters

    def read(self, body: bytes, header: int) -> tuple[RequestInputs, Any]:  # noqa: ARG002 - only V2 has a binary part
        """Read the body's rows; see WireProtocol."""
        payload = loads(body)
        if type(payload) is not dict:
            raise invalid("The body must be a JSON object with the member `inputs`.", hint=_SHAPE)
        if "inputs" not in payload:
            raise invalid("The body lacks the member `inputs`.", hint=_SHAPE)
        if len(payload) > 1:
            if extra := [name for name in payload if name not in _MEMBERS]:
                raise invalid(f"The body has a member that is not known: {extra[0][:80]!a}.", hint=_SHAPE)
            return self._parameters.give(self._inputs.from_rows(payload["inputs"]), payload["params"]), None
        return self._inputs.from_rows(payload["inputs"]), None

    def write(self, prediction: BatchOutputs, start: int, stop: int, context: Any) -> tuple[bytes, int]:  # noqa: ARG002
        """The array; see WireProtocol."""
        return prediction.json(start, stop).encode(), 0
