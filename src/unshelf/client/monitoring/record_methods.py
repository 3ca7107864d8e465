"""Methods for models that run elsewhere: register them, send their records, have folders watched."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from unshelf.client.datasets.data_client import DataClient
from unshelf.client.errors import InvalidInput
from unshelf.client.manage.methods import Methods, model_path
from unshelf.client.monitoring.labelled_rows import rows_of
from unshelf.client.monitoring.recorded_rows import RecordedColumns, records_of_rows, signature_of, signature_of_rows
from unshelf.client.monitoring.recorder import LINES, RecordSender
from unshelf.client.signatures.completed import stated_alone
from unshelf.contracts.signature import Signature

_FOLDERS = "/api/v1/record-folders"
_DATA = "data://"
_BATCH = 5000
_COUNTS = ("accepted", "duplicates", "refused")
_MOST_FAULTS = 100


class RecordMethods(Methods):
    """Models that run on other infrastructure, and their records."""

    def register_model(
        self, name: str, *, example: Any = None, output: Any = None, signature: Mapping[str, Any] | None = None,
        outputs: Sequence[str] = (), project: str | None = None, place: str = "", description: str = "", task: str | None = None,
        classes: Sequence[str] = (), monitoring: Mapping[str, Any] | None = None, redact: Sequence[str] = (), baseline: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Register a model that runs elsewhere, or its next version, and return its `version`; the same once more is the same version.

        `example`: rows as the model takes them, with its answers as `output`; or records, or a table or a file of them, with the answers in
        the columns `outputs` (`output` or `prediction` unless given). `signature`: in place of an example, as in unshelf.toml:
        `{"inputs": {"age": "integer"}, "outputs": {"output": "string"}}`. `place`: where it runs, for people. `baseline`: the training
        data, `data://NAME@VERSION`. `monitoring`: roles of columns. `redact`: columns whose values are not to be kept."""
        found = _signature(example, output, signature, outputs)
        body = {
            "name": name, "project": project, "signature": msgspec.to_builtins(found), "description": description, "place": place,
            "task": task, "classes": list(classes), "monitoring": None if monitoring is None else dict(monitoring),
            "redact": list(redact), "baseline": baseline,
        }  # fmt: skip
        return dict(self._http.send("POST", "/api/v1/models", body))

    def recorder(self, model: str) -> RecordSender:
        """Return a recorder, which takes predictions of a model that runs elsewhere without waiting for the server."""
        return RecordSender(self._http, model)

    def send_records(
        self, model: str, data: Any, *, outputs: Sequence[str] = (), id: str = "", time: str = ""
    ) -> dict[str, Any]:
        """Send records and wait; returns how many were `accepted`, known already (`duplicates`) and `refused`, with the first `faults`.

        `data`: records (`{"id": …, "time": …, "inputs": {…}, "output": …}`), or a table with a record a row: mappings, a DataFrame, a
        pyarrow Table, the path of a CSV, Parquet or JSON-lines file, or `data://…`. Of a table `outputs`, `id` and `time` name the columns,
        unless they have their usual names. What was sent before, by its id, changes nothing."""
        if isinstance(data, str) and data.startswith(_DATA):
            data = DataClient(self._http).read(data, form="arrow")
        records = records_of_rows(_rows(data), RecordedColumns(outputs, id, time))
        total: dict[str, Any] = {**dict.fromkeys(_COUNTS, 0), "faults": []}
        sent = 0
        for batch in _batches(records):
            body = b"\n".join(map(msgspec.json.encode, batch))
            answer = self._http.call("POST", f"{model_path(model)}/records", body=body, kind=LINES)
            for name in _COUNTS:
                total[name] += answer[name]
            for fault in answer["faults"]:
                if len(total["faults"]) < _MOST_FAULTS:
                    total["faults"].append({**fault, "row": fault["row"] + sent})
            sent += len(batch)
        return total

    def watch_records(
        self, model: str, data: str, *, every_seconds: int = 300, id: str = "", time: str = "", latency_ms: str = "", error: str = "",
        outputs: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Have a folder or bucket, `data://CONNECTION/PATH`, watched for CSV and Parquet files of records; each is taken in once.

        `outputs`: output → column; the others name columns, unless they have their usual names."""
        columns = {"id": id, "time": time, "latency_ms": latency_ms, "error": error, "outputs": dict(outputs or {})}
        body = {"model": model, "data": data, "every_seconds": every_seconds, "columns": columns}
        return dict(self._http.send("POST", _FOLDERS, body))

    def record_folders(self, model: str | None = None) -> list[dict[str, Any]]:
        """Return the folders that are watched for files of records, the newest first."""
        return self._list(_FOLDERS, "folders", **({} if model is None else {"model": model}))

    def record_files(self, id: str) -> list[dict[str, Any]]:
        """Return the files of a watched folder that were taken in or can't be, the last first."""
        return self._list(f"{_FOLDERS}/{id}/files", "files")

    def look_for_records(self, id: str) -> dict[str, Any]:
        """Look into a watched folder now, and return it once its files are taken in."""
        return dict(self._http.send("POST", f"{_FOLDERS}/{id}/look"))

    def forget_record_folder(self, id: str) -> None:
        """Watch a folder no longer. Its records stay."""
        self._http.send("DELETE", f"{_FOLDERS}/{id}")


def _signature(example: Any, output: Any, stated: Mapping[str, Any] | None, outputs: Sequence[str]) -> Signature:
    if stated is not None:
        if example is not None:
            raise InvalidInput("Give a signature or an example, one of both.")
        return stated_alone(stated)
    if example is None:
        raise InvalidInput(
            "A model is registered with a signature or an example.", hint="--example FILE, or --signature FILE."
        )
    if output is not None:
        return signature_of(example, output)
    return signature_of_rows(_rows(example), RecordedColumns(outputs))


def _rows(data: Any) -> Iterable[Mapping[str, Any]]:
    return rows_of(str(data) if isinstance(data, Path) else data)


def _batches(records: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(records, _BATCH)):
        yield batch
