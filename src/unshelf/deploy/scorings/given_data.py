"""Tables that somebody gives to have predicted: uploaded files, or a version of a dataset, as scorings and benches store them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.references import DataReference, InvalidReference, parse_data_reference
from unshelf.develop.datasets.dataset import DatasetVersion, format_of

_LABELLED = 3
_MOST_LABEL = 200


def data_reference(text: str) -> DataReference:
    """Read `data://…`. Raises InvalidInput."""
    try:
        return parse_data_reference(text)
    except InvalidReference as error:
        raise InvalidInput(f"{error}.") from None


def uploaded_source(files: Sequence[BundleFile]) -> dict[str, Any]:
    """Return uploaded files as a source, named by the first of them. Raises InvalidInput for what is no table."""
    label = ", ".join(file.path for file in files[:_LABELLED])
    return _source(files, format_of([file.path for file in files]), label)


def dataset_source(version: DatasetVersion) -> dict[str, Any]:
    """Return a dataset's version as a source. Raises InvalidInput for what is no table."""
    return _source(version.files, version.format, f"data://{version.name}@{version.number}")


def _source(files: Sequence[BundleFile], form: str, label: str) -> dict[str, Any]:
    if form == "files":
        raise InvalidInput(f"{label} is no table.", hint="Parquet (.parquet) and CSV (.csv, .csv.gz) are read.")
    listed = [msgspec.to_builtins(file) for file in files]
    return {"files": listed, "format": form, "texts": [], "label": label[:_MOST_LABEL]}
