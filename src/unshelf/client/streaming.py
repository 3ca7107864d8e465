"""Stream of a model's outputs, as they come."""

import importlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import msgspec

from unshelf.client.data.data_types import kind_of
from unshelf.client.data.rows import encode_inputs, encode_params
from unshelf.client.errors import Unreachable, UnshelfError, from_problem
from unshelf.client.http import Http
from unshelf.client.server_sent_events import read_events

EVENT_STREAM = "text/event-stream"


class Stream:
    """The outputs of one prediction, each as soon as the model yields it. Iterate over it once.

    Raises UnshelfError when the prediction fails in the middle. Leaving it early (`close`, or the end of a `with`) ends the
    prediction at the server, too."""

    def __init__(self, http: Http, path: str, rows: Any, params: Mapping[str, Any] | None = None) -> None:
        """Ask for the stream, and return when the first output is there. Raises UnshelfError."""
        self.id = ""
        """The prediction's id: `unshelf logs` shows the record under it, once the stream has ended."""
        self.model = ""
        self.version = 0
        """The version that answered; known at the end."""
        body, kind, beside = _body(rows, params)
        self._open = ExitStack()
        self._outputs = self._read(iter(()))
        response = self._open.enter_context(
            http.stream("POST", path, body=body, kind=kind, accept=EVENT_STREAM, unshelf_params=beside)
        )
        self.id = response.headers.get("X-Prediction-Id", "")
        self._url = http.url
        if not response.headers.get("Content-Type", "").startswith(EVENT_STREAM):
            self.close()
            raise UnshelfError(
                f"{self._url} does not answer as a stream.", code="not_unshelf",
                hint="Is it the address of an Unshelf server that knows streams?",
            )  # fmt: skip
        self._outputs = self._read(read_events(response.iter_bytes()))

    def __iter__(self) -> "Stream":
        return self

    def __next__(self) -> Any:
        return next(self._outputs)

    def close(self) -> None:
        """Close the stream and end the prediction. No-op when it has ended."""
        self._outputs.close()
        self._open.close()

    def __enter__(self) -> "Stream":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, events: Iterator[tuple[str, bytes]]) -> Generator[Any, None, None]:
        with self._open:
            for name, data in events:
                value = msgspec.json.decode(data)
                if name == "output":
                    yield value
                elif name == "error":
                    raise from_problem(int(value.get("status", 500)), value)
                elif name == "done":
                    self.model, self.version = value["model"], int(value["version"])
                    return
        raise Unreachable(
            f"{self._url} hung up before the end of the stream.",
            hint="Ask again; if it goes on, look at what `unshelf up` prints.",
        )


def _body(rows: Any, params: Mapping[str, Any] | None) -> tuple[bytes, str, str]:
    """Return the body, its content type, and the parameters where they go beside it."""
    if kind_of(rows) == "arrow_table":
        arrow = importlib.import_module("unshelf.client.data.arrow")  # takes pyarrow along
        return bytes(arrow.encode_table(rows)), arrow.STREAM, encode_params(params)
    return encode_inputs(rows, params), "application/json", ""
