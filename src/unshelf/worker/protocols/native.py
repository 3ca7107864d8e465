"""The native protocol: `{"inputs": [row, …]}` in, the JSON array for `outputs` out."""

from typing import Any

from ..encoding.json_codec import loads
from ..errors import invalid
from ..inputs.columns import Faults
from ..inputs.request_inputs import Inputs, RequestInputs
from ..outputs import BatchOutputs
from ..parameters.schema import NO_PARAMETERS, Parameters

_SHAPE = 'Send {"inputs": [row, …]}.'
_MEMBERS = frozenset({"base64", "inputs", "params"})


class Native:
    """See WireProtocol."""

    def __init__(
        self, inputs: Inputs, parameters: Parameters = NO_PARAMETERS, types: "dict[str, str] | None" = None
    ) -> None:
        """`types`: the name of each column or tensor → its type, in their order."""
        self._inputs = inputs
        self._parameters = parameters
        self._types = types or {}

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
            self._check_base64(payload.get("base64", []))
            return self._parameters.give(self._inputs.from_rows(payload["inputs"]), payload.get("params")), None
        return self._inputs.from_rows(payload["inputs"]), None

    def _check_base64(self, marks: Any) -> None:
        """Refuse bytes for what takes none: their base64 would be taken for a text."""
        if type(marks) is not list or not all(type(mark) in (str, int) for mark in marks):
            raise invalid(
                "The member `base64` must be a list of the names, or places, of columns whose texts are base64."
            )
        names = list(self._types)
        faults = Faults()
        for mark in marks:
            name = mark if type(mark) is str else names[mark] if 0 <= mark < len(names) else str(mark)
            kind = self._types.get(name)
            if kind is not None and kind != "bytes":
                faults.add(kind, "bytes", column=name)
        if faults.errors:
            faults.hint = "Send a text: decode the bytes first. Only columns of the type `bytes` take bytes."
        faults.refuse()

    def write(self, prediction: BatchOutputs, start: int, stop: int, context: Any) -> tuple[bytes, int]:  # noqa: ARG002
        """The array; see WireProtocol."""
        return prediction.json(start, stop).encode(), 0
