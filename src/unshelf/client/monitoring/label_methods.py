"""Methods for labels and the quality that follows from them."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from unshelf.client.datasets.data_client import DataClient
from unshelf.client.errors import Forbidden, NotFound, UnshelfError
from unshelf.client.manage.methods import Methods, model_path
from unshelf.client.monitoring.labelled_rows import LabelColumns, labels_in

_LABELS = "/api/v1/labels"
_DATA = "data://"
_BATCH = 10_000
_COUNTS = ("accepted", "duplicates", "corrected", "waiting")


class LabelMethods(Methods):
    """Send labels, and see how good predictions were."""

    def add_labels(
        self, model: str, data: Any, *, id: str = "", key: str = "", label: str = "", row: str = "", at: str = "",
        source: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Send the truth about predictions; returns how many labels were `accepted`, `corrected`, `duplicates`, and are `waiting` for
        their prediction, and `warnings`.

        `data`: rows as mappings, a DataFrame, a pyarrow Table, the path of a CSV, Parquet or JSON-lines file, or `data://…`, a dataset or
        what a connection leads to. `id`, `key`, `label`, `row`, `at`: the columns, unless they are named `prediction_id`, `key`, `label`,
        `row` and `at`, or as the model's roles `label` and `key` say. Batches of 10,000 are stored whole or not at all; what was sent
        before is known as a duplicate, so that sending all of it once more does no harm. Raises InvalidInput, whose `errors` name rows of
        the data."""
        roles = {} if label and (id or key) else self._roles(model)
        columns = LabelColumns(
            id=id, key=key, label=label, row=row, at=at, label_role=roles.get("label") or "", key_role=roles.get("key") or ""
        )  # fmt: skip
        if isinstance(data, str) and data.startswith(_DATA):
            source = source or data
            data = DataClient(self._http).read(data, form="arrow")
        labels = labels_in(data, columns)
        total: dict[str, Any] = {**dict.fromkeys(_COUNTS, 0), "warnings": []}
        sent = 0
        try:
            for batch in _batches(labels):
                answer = self._send_batch({"model": model, "labels": batch, "source": source}, sent)
                sent += len(batch)
                for name in _COUNTS:
                    total[name] += answer[name]
                total["warnings"] += answer["warnings"]
        except UnshelfError as error:
            if sent:
                error.hint = f"The {sent:,} labels before that were stored. {error.hint}".strip()
            raise
        return total

    def _roles(self, model: str) -> dict[str, Any]:
        """Return the roles of the model's columns; of a model that the caller may send labels of and not look into, none."""
        try:
            return dict(self._http.get(f"{model_path(model)}/columns"))
        except (Forbidden, NotFound):
            return {}

    def _send_batch(self, body: dict[str, Any], sent: int) -> dict[str, Any]:
        """Send a batch; a fault names the row of all data."""
        try:
            return dict(self._http.send("POST", _LABELS, body))
        except UnshelfError as error:
            for fault in error.errors:
                fault["row"] = fault.get("row", 0) + sent
            raise

    def labels(
        self, model: str, *, prediction_id: str = "", key: str = "", history: bool = False, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """Return the labels of a model, those received last first; all, or the last ones. `history`: also those that were corrected."""
        asked: dict[str, Any] = {"model": model, "prediction_id": prediction_id, "key": key, "history": history}
        if limit is not None:
            return list(self._http.get(_LABELS, **asked, limit=limit)["labels"])
        return self._list(_LABELS, "labels", **asked)

    def label_summary(self, model: str) -> dict[str, Any]:
        """Return how many labels a model has, how many found their prediction, and how many wait."""
        return dict(self._http.get(f"{_LABELS}/summary", model=model))

    def quality(
        self, ref: str, *, since: str = "", until: str = "", by: str | None = None, slice: str = ""
    ) -> dict[str, Any]:
        """Return how good predictions were as far as labels have arrived: `measured`, over time (`steps`), by version, slice and class.

        `since`, `until`: `7d`, `2h` ago, or a moment as ISO 8601; unless given, the last thirty days. `by`: hour, day or week."""
        return dict(self._http.get(f"{model_path(ref)}/quality", since=since, until=until, by=by, slice=slice))

    def set_prediction_value(
        self, model: str, unit: str, *, cells: Mapping[tuple[str, str], float] | None = None, over: float = 0.0,
        under: float = 0.0, reason: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Say what predictions of a model are worth: `cells` by truth and answer; `over` and `under` for each unit of error above and
        below the truth. Negative: it costs. `quality` then shows the `worth` of each part."""
        listed = [
            {"truth": truth, "answer": answer, "value": value} for (truth, answer), value in (cells or {}).items()
        ]
        body = {"unit": unit, "cells": listed, "over": over, "under": under, "reason": reason}
        return dict(self._http.send("PUT", f"{model_path(model)}/quality/value", body))

    def remove_prediction_value(self, model: str) -> None:
        """Forget what predictions of a model are worth."""
        self._http.send("DELETE", f"{model_path(model)}/quality/value")


def _batches(labels: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(labels, _BATCH)):
        yield batch
