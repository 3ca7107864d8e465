"""Data over one client's connection: datasets are added, rows read, files fetched, names bound."""

import hashlib
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode

import msgspec

from unshelf.client.bundling.files import BundleSource, collect, content_of_file
from unshelf.client.data.data_types import kind_of, type_name
from unshelf.client.deploy import Report, upload
from unshelf.client.errors import Conflict, UnshelfError
from unshelf.client.http import Http
from unshelf.client.results import Event
from unshelf.contracts.bundle import is_bundle_path
from unshelf.contracts.references import DATA_SCHEME, DataReference, InvalidReference, parse_data_reference

Form = Literal["pandas", "polars", "arrow"]
_DATA = "/api/v1/data"
_PARQUET = "data.parquet"
_ARROW = "application/vnd.apache.arrow.stream"


class DataClient:
    """Datasets, and rows of whatever `data://` leads to, over one client's connection."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def add(
        self, name: str, data: Any, *, project: str | None = None, description: str | None = None,
        report: Report | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Add a version of a dataset and return it: `version`, `columns` with a profile of each, `preview` …

        `data`: a pandas or polars DataFrame, a pyarrow Table, or the path of a file or folder. The same content is the same version:
        then `new` is false. `project`: that of a new dataset, else `default`. Raises InvalidInput for files that can't be read."""
        with tempfile.TemporaryDirectory(prefix="unshelf-") as staging:
            contents, warnings = contents_of(data, Path(staging))
            body: dict[str, Any] = {"name": name, "files": [_entry(content) for content in contents]}
            body |= {"project": project, "description": description}
            tell = report or _say_nothing
            for warning in warnings:
                tell(Event(step="bundle", state="info", detail=warning))
            upload(self._http, contents, tell, project=project)
            try:
                return self._add(body)
            except Conflict:
                # A file that was known a moment ago may have gone with the last thing that needed it.
                upload(self._http, contents, tell, project=project)
                return self._add(body)

    def names(self, *, project: str | None = None) -> list[dict[str, Any]]:
        """Return the datasets, connections and bindings that the token may read."""
        items: list[dict[str, Any]] = []
        cursor = None
        while True:
            answer = self._http.get(_DATA, project=project, cursor=cursor)
            items += answer["data"]
            cursor = answer.get("next_cursor")
            if not cursor:
                return items

    def show(self, ref: str) -> dict[str, Any]:
        """Return what a name leads to: of a dataset its versions, and the files, columns and first rows of one."""
        reference = _parsed(ref)
        return dict(self._http.get(_address(reference), version=reference.version))

    def read(self, ref: str, *, rows: int | None = None, form: Form | None = None) -> Any:
        """Return the rows that a reference leads to: `data://NAME`, `data://NAME@3`, `data://CONNECTION/path`.

        `rows`: only the first ones. `form`: a DataFrame of pandas or polars, or a pyarrow Table; unless given, pandas where it is
        installed. Columns have the same types wherever the data lies. Needs pyarrow."""
        chosen = form or ("pandas" if find_spec("pandas") else "arrow")
        arrow = _arrow()
        reference = _parsed(ref)
        asked = {"version": reference.version, "path": reference.path or None, "rows": rows}
        answer = self._http.respond(
            "GET", f"{_address(reference)}/rows", params={key: value for key, value in asked.items() if value is not None},
            accept=_ARROW, patient=True,
        )  # fmt: skip
        table = arrow.decode_table(answer.content)
        if chosen == "arrow":
            return table
        return table.to_pandas() if chosen == "pandas" else import_module("polars").from_arrow(table)

    def used_by(self, model: str) -> dict[str, Any]:
        """Return the data that a version was made with: the profile of its baseline, and the datasets that it came from.

        `model`: a reference to a model: NAME, NAME:3 or NAME@alias."""
        return dict(self._http.get(f"/api/v1/models/{quote(model, safe=':@')}/data"))

    def get(self, ref: str, folder: str | Path) -> list[Path]:
        """Fetch the files of a dataset's version into a folder, each verified by its digest; returns their paths."""
        reference = _parsed(ref)
        version = self.show(ref)["version"]
        if version is None:
            raise UnshelfError(
                f"{ref} has no files.", code="invalid_input", hint="Only datasets have; `read` gets rows."
            )
        found = []
        for file in version["files"]:
            if not is_bundle_path(file["path"]):
                raise UnshelfError(f"The server names a file {file['path']!r}, which can't be.", code="invalid_input")
            place = Path(folder) / file["path"]
            place.parent.mkdir(parents=True, exist_ok=True)
            self._fetch(reference.name, version["version"], file, place)
            found.append(place)
        return found

    def connect(
        self, name: str, kind: str, settings: dict[str, str], *, credentials: dict[str, str] | None = None,
        project: str | None = None, description: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Make a connection, or change it; return it without its credentials, which nobody sees again.

        `kind`: local, s3, sql or https. `credentials`: None leaves those that it has."""
        body = {"kind": kind, "settings": settings, "credentials": credentials, "project": project}
        body["description"] = description
        return dict(self._http.send("PUT", f"{_address(_parsed(name))}/connection", body))

    def bind(
        self, name: str, target: str, *, project: str | None = None, description: str | None = None
    ) -> dict[str, Any]:
        """Have a name lead to other data from now on: a dataset, a version of it, or a path in a connection."""
        body = {"target": str(_parsed(target)), "project": project, "description": description}
        return dict(self._http.send("PUT", f"{_address(_parsed(name))}/binding", body))

    def move(self, name: str, project: str, *, reason: str = "") -> dict[str, Any]:
        """Give a dataset, connection or binding to another project, with its history."""
        return dict(
            self._http.send("PUT", f"{_address(_parsed(name))}/project", {"project": project, "reason": reason})
        )

    def delete(self, ref: str) -> None:
        """Delete a version of a dataset (`NAME@3`), or a name with all that it leads to."""
        reference = _parsed(ref)
        suffix = "" if reference.version is None else f"?version={reference.version}"
        self._http.send("DELETE", _address(reference) + suffix)

    def _add(self, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._http.respond(
            "POST", _DATA, body=msgspec.json.encode(body), kind="application/json", patient=True
        )
        return dict(msgspec.json.decode(answer.content))

    def _fetch(self, name: str, version: int, file: dict[str, Any], place: Path) -> None:
        address = f"{_DATA}/{quote(name, safe='')}/files?" + urlencode({"version": version, "path": file["path"]})
        digest = hashlib.sha256()
        partial = place.with_name(f".{place.name}.part")
        try:
            with (
                self._http.stream("GET", address, body=b"", kind="application/octet-stream", accept="*/*") as answer,
                partial.open("wb") as copy,
            ):
                for chunk in answer.iter_bytes():
                    digest.update(chunk)
                    copy.write(chunk)
            if digest.hexdigest() != file["sha256"]:
                raise UnshelfError(f"{file['path']} arrived with another digest than it has.", hint="Fetch it again.")
            partial.replace(place)
        finally:
            partial.unlink(missing_ok=True)


def is_reference(value: Any) -> bool:
    """Whether a value is a reference to data: a text that begins with `data://`."""
    return isinstance(value, str) and value.startswith(DATA_SCHEME)


def contents_of(data: Any, staging: Path) -> tuple[list[BundleSource], list[str]]:
    """Return the files of a dataset to be, and warnings of what was left out. Raises InvalidModel, UnshelfError."""
    if isinstance(data, str | Path):
        path = Path(data)
        if path.is_dir():
            return collect(path, only=["*"])
        if not path.is_file():
            raise UnshelfError(
                f"{path} is not there.", code="invalid_input", hint="Give a file, a folder or a DataFrame."
            )
        return [content_of_file(path.name, path)], []
    write_parquet(data, staging / _PARQUET)
    return [content_of_file(_PARQUET, staging / _PARQUET)], []


def write_parquet(data: Any, path: Path) -> None:
    """Write a DataFrame or Table as Parquet. Raises UnshelfError for what is none, and for columns that Arrow can't hold."""
    arrow = _arrow()
    kind = kind_of(data)
    if kind not in ("pandas_frame", "polars_frame", "arrow_table"):
        raise UnshelfError(
            f"Data of the type {type_name(data)} is no table.", code="invalid_input",
            hint="Give a DataFrame of pandas or polars, a pyarrow Table, or the path of a file or folder.",
        )  # fmt: skip
    table = arrow.as_table(data) if kind == "arrow_table" else arrow.table_of(data)
    if table is None:
        raise UnshelfError(
            "Arrow has no type that holds one of the columns exactly.", code="invalid_input",
            hint="Give columns of mixed objects one type, such as numbers, texts or dates.",
        )  # fmt: skip
    arrow.write_parquet(table, path)


def _arrow() -> Any:
    """Return the module that takes pyarrow along. Raises UnshelfError."""
    if find_spec("pyarrow") is None:
        raise UnshelfError(
            "Rows of data travel as Arrow, which needs pyarrow.",
            code="missing_package",
            hint="Install it: `pip install pyarrow`.",
        )
    return import_module("unshelf.client.data.arrow")


def _parsed(ref: str) -> DataReference:
    """Read a reference, with or without `data://`. Raises UnshelfError."""
    try:
        return parse_data_reference(ref if ref.startswith(DATA_SCHEME) else DATA_SCHEME + ref)
    except InvalidReference as error:
        raise UnshelfError(
            f"{error}.", code="invalid_reference", hint="Write data://NAME, data://NAME@3 or data://CONNECTION/path."
        ) from error


def _address(reference: DataReference) -> str:
    return f"{_DATA}/{quote(reference.name, safe='')}"


def _entry(content: BundleSource) -> dict[str, Any]:
    return {"path": content.path, "sha256": content.sha256, "size": content.size}


def _say_nothing(event: Event) -> None:
    """Ignore the event: no progress was asked for."""
