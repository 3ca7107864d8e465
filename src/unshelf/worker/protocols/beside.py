"""Parameters that come beside a body, in a header: for bodies that have no place for them, such as Arrow streams and CSV."""

from typing import Any

from ..encoding.json_codec import loads
from ..errors import RequestRefused, malformed
from ..inputs.request_inputs import RequestInputs
from ..outputs import BatchOutputs
from ..parameters.schema import Parameters
from . import WireProtocol


class ParamsBeside:
    """See WireProtocol. A body comes as a pair: the JSON of the parameters, and the body proper."""

    def __init__(self, inner: WireProtocol, parameters: Parameters) -> None:
        self._inner = inner
        self._parameters = parameters

    def read(self, body: Any, header: int) -> "tuple[RequestInputs, Any]":
        """Read the body's inputs and its parameters; see WireProtocol."""
        params, proper = body
        part, context = self._inner.read(proper, header)
        try:
            given = loads(params)
        except RequestRefused as refused:
            raise malformed(
                f"The header `Unshelf-Params` is no JSON: {refused.detail}", hint='Write a JSON object: {"top_k": 3}.'
            ) from None
        return self._parameters.give(part, given), context

    def write(self, prediction: BatchOutputs, start: int, stop: int, context: Any) -> "tuple[bytes, int]":
        """See WireProtocol."""
        return self._inner.write(prediction, start, stop, context)
