"""Methods for benches: how fast a version answers on each tier, and what it costs there."""

import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from unshelf.client.datasets.data_client import contents_of
from unshelf.client.deploy import Report, upload
from unshelf.client.errors import Conflict, UnshelfError
from unshelf.client.manage.methods import Methods
from unshelf.client.results import Event

_BENCHES = "/api/v1/benches"
_DATA = "data://"
_ENDED = ("succeeded", "failed", "cancelled")
_LOOK_SECONDS = 0.3

WatchBench = Callable[[dict[str, Any]], None]


class BenchMethods(Methods):
    """Measure versions."""

    def bench(
        self,
        ref: str,
        *,
        tiers: Sequence[str] = (),
        data: Any = None,
        wait: bool = True,
        watch: WatchBench | None = None,
        report: Report | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Measure a version on tiers, one after the other, by jobs that serve it with the real worker; return the bench.

        `tiers`: names; empty: all that one may use. `data`: the rows to send: `data://NAME`, the path of a Parquet or CSV file, or a
        DataFrame; None: the version's example, else rows made from its baseline or its signature. `wait`: False returns at once.
        `watch`: called with the bench, again and again. `options`: `rows` of a request, `callers`, `seconds`, `warmup`, `params`,
        `project`.

        Raises UnshelfError, also when no tier could be measured."""
        body = {"reference": ref, "tiers": list(tiers), "key": secrets.token_hex(16), **options}
        found = self._begin_bench(body, data, report or _say_nothing)
        if not wait:
            return found
        found = self.wait_for_bench(found["id"], watch=watch)
        if found["state"] != "succeeded":
            raise UnshelfError(f"The bench {found['id']} {found['state']}: {found['reason']}", code="bench_failed")
        return found

    def benches(
        self, *, project: str | None = None, model: str | None = None, version: int | None = None, limit: int | None = None
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Return the benches that one may see, the newest first; all, or the last ones."""
        asked = {"project": project, "model": model, "version": version}
        if limit is not None:
            return list(self._http.get(_BENCHES, **asked, limit=limit)["benches"])
        return self._list(_BENCHES, "benches", **asked)

    def bench_of(self, id: str) -> dict[str, Any]:
        """Return a bench: how far it is, and what was measured on each tier."""
        return dict(self._http.get(_path(id)))

    def wait_for_bench(self, id: str, *, watch: WatchBench | None = None) -> dict[str, Any]:
        """Wait for the end of a bench and return it."""
        while True:
            found = self.bench_of(id)
            if watch is not None:
                watch(found)
            if found["state"] in _ENDED:
                return found
            time.sleep(_LOOK_SECONDS)

    def cancel_bench(self, id: str) -> dict[str, Any]:
        """End a bench and the job that it runs."""
        return dict(self._http.send("POST", f"{_path(id)}/cancel", {}))

    def delete_bench(self, id: str) -> None:
        """Delete a bench that has ended."""
        self._http.send("DELETE", _path(id))

    def _begin_bench(self, body: dict[str, Any], data: Any, report: Report) -> dict[str, Any]:
        if data is None or (isinstance(data, str) and data.startswith(_DATA)):
            return dict(self._http.send("POST", _BENCHES, body | {"data": data or ""}))
        with tempfile.TemporaryDirectory(prefix="unshelf-") as staging:
            contents, _ = contents_of(data, Path(staging))
            body["files"] = [msgspec.to_builtins(content.entry) for content in contents]
            upload(self._http, contents, report, project=body.get("project"))
            try:
                return dict(self._http.send("POST", _BENCHES, body))
            except Conflict as error:
                if "not here" not in str(error):
                    raise
                upload(
                    self._http, contents, report, project=body.get("project")
                )  # a known file may have gone a moment ago
                return dict(self._http.send("POST", _BENCHES, body))


def _path(id: str) -> str:
    return f"{_BENCHES}/{quote(id, safe='')}"


def _say_nothing(event: Event) -> None:
    """Ignore the event: no progress was asked for."""
