"""Methods for collections: recorded predictions, with their labels, as versions of a dataset."""

import time
import uuid
from typing import Any

from unshelf.client.errors import InvalidInput, NotFinished
from unshelf.client.manage.methods import Methods

_COLLECTIONS = "/api/v1/collections"
_PAUSE_SECONDS = 0.5


class CollectionMethods(Methods):
    """Recorded predictions as data to train on."""

    def collect_predictions(
        self, model: str, dataset: str = "", *, labels: bool = True, since: str = "", until: str = "", version: int | None = None,
        slice: str = "", wait: bool = True, seconds: float = 900.0,
    ) -> dict[str, Any]:  # fmt: skip
        """Have recorded predictions of a model become the next version of a dataset (`MODEL-seen` unless named), and return the
        collection: `dataset`, `number`, `rows`, `labelled`, and the `versions` that predicted.

        The columns are the inputs and answers by their names, the label, and `prediction_id`, `prediction_row`, `predicted_at`,
        `predicted_version`. `labels`: only rows whose label is known, with it; False: all, without. `since`, `until`: `30d` ago, or a
        moment. `slice`: `COLUMN=VALUE`. Redacted values stay so. `wait`: False returns at once. Raises InvalidInput where it fails."""
        body = {
            "model": model, "dataset": dataset or f"{model}-seen", "labels": labels, "since": since, "until": until, "version": version,
            "slice": slice, "key": uuid.uuid4().hex,
        }  # fmt: skip
        found = dict(self._http.send("POST", _COLLECTIONS, body))
        return self.await_collection(found["id"], seconds=seconds) if wait else found

    def collect_again(self, id: str, *, wait: bool = True, seconds: float = 900.0) -> dict[str, Any]:
        """Collect by the same query once more: of what is recorded and labelled by now."""
        found = dict(self._http.send("POST", f"{_COLLECTIONS}/{id}/again"))
        return self.await_collection(found["id"], seconds=seconds) if wait else found

    def collections(self, *, model: str | None = None, dataset: str | None = None) -> list[dict[str, Any]]:
        """Return the collections, the newest first: where versions of datasets come from."""
        asked = {name: value for name, value in (("model", model), ("dataset", dataset)) if value is not None}
        return self._list(_COLLECTIONS, "collections", **asked)

    def await_collection(self, id: str, *, seconds: float = 900.0) -> dict[str, Any]:
        """Return a collection once it has ended. Raises InvalidInput where it failed, and NotFinished after the seconds."""
        deadline = time.monotonic() + seconds
        while True:
            found = dict(self._http.get(f"{_COLLECTIONS}/{id}"))
            if found["state"] == "failed":
                raise InvalidInput(f"Nothing was collected: {found['reason']}")
            if found["state"] == "succeeded":
                return found
            if time.monotonic() > deadline:
                raise NotFinished(f"The collection {id} goes on.", hint="`unshelf data collections` shows how it ends.")
            time.sleep(_PAUSE_SECONDS)
