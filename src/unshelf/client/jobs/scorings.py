"""Methods for scorings: all rows of some data predicted by a job."""

import hashlib
import secrets
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from unshelf.client.datasets.data_client import contents_of
from unshelf.client.deploy import Report, upload
from unshelf.client.errors import Conflict, InvalidInput, UnshelfError
from unshelf.client.manage.methods import Methods
from unshelf.client.results import Event

_SCORINGS = "/api/v1/scorings"
_DATA = "data://"
_ENDED = ("succeeded", "failed", "cancelled")
_LOOK_SECONDS = (0.1, 1.0)
"""How often a scoring is asked how far it is: soon at first, later more rarely."""
_PREDICTIONS, _FAILED = "predictions", "failed"
_FORMATS = (".parquet", ".csv")

Watch = Callable[[dict[str, Any]], None]


class ScoringMethods(Methods):
    """Predict whole tables."""

    def score(
        self,
        ref: str,
        data: Any,
        *,
        out: str | Path = "",
        wait: bool = True,
        watch: Watch | None = None,
        report: Report | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Predict all rows of some data with one version, as a job, and return the scoring with what came of it.

        `data`: `data://NAME`, `data://CONNECTION/path`, the path of a Parquet or CSV file or of a folder of these, or a DataFrame.
        `out`: `data://NAME`, which gets the results as its next version, `data://CONNECTION/path`, a table or a place in a bucket, or a
        local file or folder; empty: they stay with the scoring.
        `wait`: False returns at once; a local `out` needs the wait. `watch`: called with the scoring, again and again.
        `options`: `keep`, `purpose`, `params`, `project`, `tier`, `priority`, `chunk`, `batch`, `most_failed`, `seconds`, `name`, `format`,
        and `if_exists` of a connection's rows: `fail`, `append` or `replace`.

        Raises UnshelfError, also when the scoring does not end well."""
        place = str(out)
        is_local = bool(place) and not place.startswith(_DATA)
        if is_local and not wait:
            raise InvalidInput(
                f"The results can't be brought to {place} by who does not wait for them.",
                hint="`unshelf scorings download` fetches them later.",
            )
        if is_local:
            _check_place(Path(place))
        form = options.pop("format", None) or ("csv" if is_local and place.endswith(".csv") else "parquet")
        scoring = self.begin_scoring(ref, data, out="" if is_local else place, report=report, format=form, **options)
        if not wait:
            return scoring
        scoring = self.wait_for_scoring(scoring["id"], watch=watch)
        if scoring["state"] != "succeeded":
            raise UnshelfError(
                f"The scoring {scoring['id']} {scoring['state']}: {scoring['reason']}", code="scoring_failed"
            )
        if is_local:
            scoring["downloaded"] = [str(path) for path in self.download_scoring(scoring["id"], place)]
        return scoring

    def begin_scoring(
        self, ref: str, data: Any, *, out: str = "", report: Report | None = None, **options: Any
    ) -> dict[str, Any]:
        """Begin a scoring and return it; see `score`."""
        body: dict[str, Any] = {"reference": ref, "out": out, "key": secrets.token_hex(16), **options}
        body |= {name: list(body[name]) for name in ("keep",) if body.get(name) is not None}
        if isinstance(data, str) and data.startswith(_DATA):
            return dict(self._http.send("POST", _SCORINGS, body | {"data": data}))
        with tempfile.TemporaryDirectory(prefix="unshelf-") as staging:
            contents, _ = contents_of(data, Path(staging))
            body["files"] = [msgspec.to_builtins(content.entry) for content in contents]
            tell = report or _say_nothing
            project = options.get("project")
            upload(self._http, contents, tell, project=project)
            try:
                return dict(self._http.send("POST", _SCORINGS, body))
            except Conflict as error:
                if "not here" not in str(error):
                    raise
                upload(self._http, contents, tell, project=project)  # a known file may have gone a moment ago
                return dict(self._http.send("POST", _SCORINGS, body))

    def scorings(
        self, *, project: str | None = None, model: str | None = None, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """Return the scorings that one may see, the newest first; all, or the last ones."""
        if limit is not None:
            return list(self._http.get(_SCORINGS, project=project, model=model, limit=limit)["scorings"])
        return self._list(_SCORINGS, "scorings", project=project, model=model)

    def scoring(self, id: str) -> dict[str, Any]:
        """Return a scoring: how far it is, what came of it, the first rows that failed."""
        return dict(self._http.get(_scoring(id)))

    def wait_for_scoring(self, id: str, *, watch: Watch | None = None) -> dict[str, Any]:
        """Wait for the end of a scoring and return it."""
        pause, longest = _LOOK_SECONDS
        while True:
            scoring = self.scoring(id)
            if watch is not None:
                watch(scoring)
            if scoring["state"] in _ENDED:
                return scoring
            time.sleep(pause)
            pause = min(longest, pause * 1.2)

    def cancel_scoring(self, id: str) -> dict[str, Any]:
        """End a scoring and its job."""
        return dict(self._http.send("POST", f"{_scoring(id)}/cancel", {}))

    def delete_scoring(self, id: str) -> None:
        """Delete a scoring that has ended, with the results that the server keeps."""
        self._http.send("DELETE", _scoring(id))

    def download_scoring(self, id: str, out: str | Path) -> list[Path]:
        """Fetch the results of a scoring, each verified and there at once; returns where they are.

        `out`: a folder, or the file of the predictions; rows that failed lie beside it, with `failed` in the name."""
        scoring, target = self.scoring(id), Path(out)
        _check_place(target)
        found = []
        for file in scoring["files"]:
            place = _place_of(file["path"], target)
            place.parent.mkdir(parents=True, exist_ok=True)
            self._fetch_result(id, file, place)
            found.append(place)
        return found

    def _fetch_result(self, id: str, file: Mapping[str, Any], place: Path) -> None:
        address = f"{_scoring(id)}/files?path={quote(file['path'], safe='')}"
        part = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
        digest = hashlib.sha256()
        try:
            with self._http.stream("GET", address, body=b"", kind="", accept="*/*") as answer, part.open("wb") as copy:
                for piece in answer.iter_bytes():
                    digest.update(piece)
                    copy.write(piece)
            if digest.hexdigest() != file["sha256"]:
                raise UnshelfError(f"{file['path']} came damaged.", code="invalid_input", hint="Fetch it again.")
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)


def _check_place(target: Path) -> None:
    """Raise InvalidInput where no results can be written: before anything is scored."""
    if target.suffix not in ("", *_FORMATS) and not target.is_dir():
        raise InvalidInput(f"Results are no {target.suffix} file.", hint="Name a .parquet or .csv file, or a folder.")
    parent = target.parent if target.suffix else target
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        raise InvalidInput(f"{parent} is a file, so nothing can be written below it.")


def _place_of(name: str, target: Path) -> Path:
    if not target.suffix or target.is_dir():
        return target / name
    return target if name.startswith(_PREDICTIONS) else target.with_name(f"{target.stem}.{_FAILED}{target.suffix}")


def _scoring(id: str) -> str:
    return f"{_SCORINGS}/{quote(id, safe='')}"


def _say_nothing(event: Event) -> None:
    """Ignore the event: no progress was asked for."""


__all__: Sequence[str] = ("ScoringMethods", "Watch")
