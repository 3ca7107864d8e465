"""Data of a deploy: `data://` references become rows, and the baseline becomes a Parquet file whose profile the server keeps."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from unshelf.client.bundling.bundle import Bundle, DeployOptions
from unshelf.client.bundling.files import BundleSource, content_of_file
from unshelf.client.bundling.unshelf_toml import RECIPE_FILE, read_recipe
from unshelf.client.data.data_types import kind_of, type_name
from unshelf.client.data.examples import MAX_ROWS, read_rows
from unshelf.client.datasets.data_client import DataClient, is_reference, write_parquet
from unshelf.client.errors import InvalidModel, UnshelfError
from unshelf.client.http import Http
from unshelf.contracts.signature import Columns

_FILE = "baseline.parquet"


@dataclass(frozen=True, kw_only=True)
class DeployData:
    """Fields of a deploy's request about its data, and the files that these name."""

    fields: dict[str, Any] = field(default_factory=dict)
    contents: list[BundleSource] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Sentences for the person who deploys."""


def with_recipe(model: Any, options: DeployOptions) -> DeployOptions:
    """Return the options with what the `unshelf.toml` of a folder takes from the server: the example, the baseline, the environment.
    Raises InvalidModel."""
    if not isinstance(model, str | Path):
        return options
    path = Path(model)
    folder = path.parent if path.name == RECIPE_FILE else path
    if not (folder / RECIPE_FILE).is_file():
        return options
    recipe = read_recipe(folder)
    baseline = options.baseline
    if baseline is None:
        baseline = recipe.baseline_data
        if recipe.baseline_file is not None:
            baseline = read_rows(folder / recipe.baseline_file)
    for reference in (recipe.example_data, recipe.baseline_data):
        if reference is not None and not is_reference(reference):
            raise InvalidModel(
                f"{folder / RECIPE_FILE}: {reference!r} is no reference to data.", hint="Write data://NAME."
            )
    return replace(
        options,
        baseline=baseline,
        example=recipe.example_data if options.example is None else options.example,
        environment=recipe.environment if options.environment is None else options.environment,
    )


def with_rows(http: Http, model: Any, options: DeployOptions) -> tuple[DeployOptions, Any]:
    """Return the options with rows in place of `data://` references, and the table of a baseline that was one, else None.

    A model in memory gets frames, as it was trained on; one on disk plain rows, as those of a file. Raises UnshelfError."""
    data = DataClient(http)
    found: dict[str, Any] = {}
    table = None
    for role, rows in (("example", MAX_ROWS), ("baseline", None)):
        given = getattr(options, role)
        if not is_reference(given):
            continue
        if isinstance(model, str | Path):
            read = data.read(given, rows=rows, form="arrow")
            found[role] = [{name: _json(value) for name, value in row.items()} for row in read.to_pylist()]
            table = read if role == "baseline" else table
        else:
            found[role] = data.read(given, rows=rows)
    return replace(options, **found), table


def data_of(http: Http, given: DeployOptions, baseline: Any, bundle: Bundle, folder: Path) -> DeployData:
    """Return the data of a deploy. `given`: the options as they were given; `baseline`: the rows of theirs; `folder`: an empty one."""
    fields: dict[str, Any] = {}
    if is_reference(given.example):
        fields["example_data"] = given.example
    if baseline is None:
        return DeployData(fields=fields)
    source = given.baseline if is_reference(given.baseline) else None
    if source is not None and _is_dataset(DataClient(http), source):
        return DeployData(fields={**fields, "baseline": {"data": source}})
    content, notes = baseline_file(baseline, bundle, folder)
    if content is None:
        return DeployData(fields=fields, notes=notes)
    file = {"path": content.path, "sha256": content.sha256, "size": content.size}
    return DeployData(fields={**fields, "baseline": {"data": source, "file": file}}, contents=[content])


def baseline_file(baseline: Any, bundle: Bundle, folder: Path) -> tuple[BundleSource | None, list[str]]:
    """Write a baseline into the empty `folder` as the server reads it; None and why, where its form does not allow that."""
    try:
        write_parquet(_table(baseline, bundle), folder / _FILE)
    except UnshelfError as error:
        return None, [f"No profile of the baseline is kept: {error.detail}"]
    return content_of_file(_FILE, folder / _FILE), []


def _is_dataset(data: DataClient, reference: str) -> bool:
    shown = data.show(reference)
    if shown["binding"]:
        shown = data.show(shown["binding"]["target"])
    return bool(shown["kind"] == "dataset")


def _table(baseline: Any, bundle: Bundle) -> Any:
    """Return a baseline of any form as a frame or table. Raises UnshelfError for what has no columns."""
    kind = kind_of(baseline)
    if kind in ("pandas_frame", "polars_frame", "arrow_table"):
        return baseline
    if find_spec("pyarrow") is None:
        raise UnshelfError("It takes pyarrow, which is not installed here.")
    arrow = import_module("pyarrow")
    try:
        if kind == "mapping":
            return arrow.table({str(name): _plain(values) for name, values in baseline.items()})
        if kind == "sequence" and baseline and all(isinstance(row, dict) for row in baseline):
            return arrow.Table.from_pylist(list(baseline))
        if kind == "numpy_array" and baseline.ndim == 2:
            columns = [baseline[:, place] for place in range(baseline.shape[1])]
        elif kind == "sequence" and baseline and all(isinstance(row, list | tuple) for row in baseline):
            columns = [list(values) for values in zip(*baseline, strict=True)]
        else:
            raise UnshelfError(f"Data of the type {type_name(baseline)} has no columns.")
        return arrow.table(dict(zip(_names(bundle, len(columns)), columns, strict=True)))
    except (arrow.ArrowException, ValueError, TypeError) as error:
        raise UnshelfError("Arrow has no type that holds one of its columns exactly.") from error


def _names(bundle: Bundle, count: int) -> list[str]:
    """Return the names of columns without any, as the signature has them."""
    signature = bundle.manifest.signature
    if signature is not None and isinstance(signature.inputs, Columns) and len(signature.inputs.columns) == count:
        return [column.name for column in signature.inputs.columns]
    return [str(place) for place in range(count)]


def _json(value: Any) -> Any:
    """Return a value as a file of rows has it."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def _plain(values: Any) -> Any:
    return values if kind_of(values) in ("numpy_array", "pandas_series", "polars_series") else list(values)
