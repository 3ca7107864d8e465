"""MLflow's scoring protocol, in JSON (`inputs`, `instances`, `dataframe_split`, `dataframe_records`) and in CSV."""

import csv
import io
from typing import Any

from ..encoding.json_codec import dumps, loads, not_utf8
from ..encoding.opening import listed
from ..errors import invalid, malformed
from ..inputs.columns import shown
from ..inputs.request_inputs import Inputs, RequestInputs
from ..outputs import BatchOutputs
from ..parameters.schema import NO_PARAMETERS, Parameters

_FORMS = ("inputs", "instances", "dataframe_split", "dataframe_records")
_HINT = "Send one of `inputs`, `instances`, `dataframe_split` and `dataframe_records`."
_MAX_FIELD = 1 << 30  # a body is bounded before it comes here


class MlflowJson:
    """See WireProtocol."""

    def __init__(self, inputs: Inputs, parameters: Parameters = NO_PARAMETERS) -> None:
        self._inputs = inputs
        self._parameters = parameters

    def read(self, body: bytes, header: int) -> tuple[RequestInputs, Any]:  # noqa: ARG002 - only V2 has a binary part
        """Whichever of the four forms it has; see WireProtocol."""
        payload = loads(body)
        if type(payload) is not dict:
            raise invalid("The body must be a JSON object.", hint=_HINT)
        forms = [name for name in _FORMS if name in payload]
        if len(forms) != 1:
            raise invalid(f"The body must have exactly one of MLflow's forms, it has {len(forms)}.", hint=_HINT)
        extra = payload.keys() - {*_FORMS, "params"}
        if extra:
            raise invalid(f"The body has a member that is not known: {min(extra)[:80]!a}.", hint=_HINT)
        part = self._read(forms[0], payload[forms[0]])
        return self._parameters.give(part, payload["params"]) if "params" in payload else part, None

    def write(self, prediction: BatchOutputs, start: int, stop: int, context: Any) -> tuple[bytes, int]:  # noqa: ARG002
        """`{"predictions": …}`: rows, or for a dict of arrays its arrays by name, as MLflow does; see WireProtocol."""
        if prediction.form == "columns" and prediction.per_row:
            values = {name: listed(output.values) for name, output in prediction.slices(start, stop).items()}
            return f'{{"predictions":{dumps(values)}}}'.encode(), 0
        return f'{{"predictions":{prediction.json(start, stop)}}}'.encode(), 0

    def _read(self, form: str, value: Any) -> RequestInputs:
        if form == "dataframe_split":
            return self._split(value)
        if form == "inputs" and type(value) is dict:
            return self._inputs.from_columns(value)
        return self._inputs.from_rows(value)

    def _split(self, value: Any) -> RequestInputs:
        if type(value) is not dict or "data" not in value:
            raise invalid("`dataframe_split` must be an object with `columns` and `data`.")
        extra = value.keys() - {"columns", "index", "data"}
        if extra:
            raise invalid(f"`dataframe_split` has a member that is not known: {min(extra)[:80]!a}.")
        if "columns" not in value:
            return self._inputs.from_rows(value["data"])
        names = value["columns"]
        if type(names) is not list or not all(type(name) in (str, int) for name in names):
            raise invalid(f"`dataframe_split.columns` must be a list of names, got {shown(names)}.")
        return self._inputs.from_split([str(name) for name in names], value["data"])


class MlflowCsv:
    """See WireProtocol. The first line names the columns; an empty field is a missing value."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        csv.field_size_limit(_MAX_FIELD)

    def read(self, body: bytes, header: int) -> tuple[RequestInputs, Any]:  # noqa: ARG002
        """Read the body's fields by column; see WireProtocol."""
        try:
            rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
        except UnicodeDecodeError as error:
            raise malformed(not_utf8("The body", body, error.start), hint="Send UTF-8.") from None
        except csv.Error as error:
            raise malformed(f"The body is not CSV: {error}.") from None
        if not rows or not rows[0]:
            raise invalid("The CSV lacks its first line, which names the columns.")
        names, *lines = rows
        wide = len(names) > 1  # in a file of one column an empty line is a row whose only field is missing
        return self._inputs.from_text(names, [line or [""] for line in lines if line or not wide]), None

    write = MlflowJson.write
