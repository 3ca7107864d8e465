"""A deployed model sees what it saw in the notebook: its own description of its input is the same, here and there."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import unshelf
from tests.support.platform import Platform

FRAME = pd.DataFrame({
    "size": pd.Categorical([30, 10], categories=[10, 20, 30], ordered=True),
    "when": pd.to_datetime(["2024-07-01 00:30:00.000000001", None]).as_unit("ns").tz_localize("Europe/Amsterdam"),
    "count": pd.array([2**60 + 1, None], dtype="Int64"),
    "town": np.array(["Gent", np.nan], dtype=object),
    "day": np.array([date(2024, 2, 29), None], dtype=object),
    "took": np.array([1500, 1], dtype="m8[ms]"),
    7: [np.array([1.5, np.nan], "float32"), np.zeros(2, "float32")],
})  # fmt: skip

EXAMPLES = {
    "frame": FRAME,
    "series": pd.Series(["a", "b"], name="text"),
    "vector": np.array(["2024-01-01T00:00", "NaT"], dtype="M8[m]"),
    "arrays": {"a": np.array([1, 2], ">i4"), "b": np.array([True, False])},
    "polars": pl.DataFrame({"gone": [None, 1.5], "took": [timedelta(1), None], "list": [[1, 2], []]}),
    "pairs": pd.DataFrame([[1.0, 2.0]] * 2, columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])),
}
SHORT = ("frame", "arrays")


@pytest.mark.parametrize(
    "name", [*SHORT, *(pytest.param(name, marks=pytest.mark.long) for name in EXAMPLES if name not in SHORT)]
)
def test_a_served_model_sees_what_it_saw_in_the_notebook(platform: Platform, name: str) -> None:
    def describe(data: Any) -> list[str]:
        """One text a row, with everything that a library tells of the data in it."""
        columns = data if isinstance(data, dict) else {}
        if hasattr(data, "columns"):
            columns = {repr(label): data[label] for label in data.columns}
        columns = columns or {getattr(data, "name", None): data}
        facts = [
            (label, str(type(values)), str(values.dtype), [(type(value).__name__, str(value)) for value in values])
            for label, values in columns.items()
        ]
        return [str(facts)] * len(next(iter(columns.values())))

    example = EXAMPLES[name]
    with unshelf.Client(platform.url, platform.token) as client:
        client.deploy(describe, name=f"inputs-{name}", options=unshelf.DeployOptions(example=example))
        assert client.predict(f"inputs-{name}", example) == describe(example)
