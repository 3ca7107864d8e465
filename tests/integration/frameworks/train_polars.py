"""Deploys models on polars from an environment that has neither NumPy nor pandas nor pyarrow."""

import datetime
import sys

import polars as pl
import polars_models

import unshelf

MOMENT = datetime.datetime(2024, 1, 31, 12, 30, tzinfo=datetime.UTC)
EXAMPLE = pl.DataFrame(
    {
        "whole": [1, 2],
        "small": pl.Series([1, 2], dtype=pl.UInt8),
        "real": [1.5, 2.5],
        "text": ["a", "ä"],
        "yes": [True, None],
        "day": [datetime.date(2024, 1, 31), None],
        "moment": pl.Series([MOMENT, None]).dt.convert_time_zone("Europe/Paris"),
        "span": [datetime.timedelta(seconds=1.5), None],
        "kind": pl.Series(["u", "v"], dtype=pl.Enum(["u", "v"])),
        "list": [[1, 2], [3]],
        "pair": pl.Series([[1.0, 2.0], [3.0, 4.0]], dtype=pl.Array(pl.Float32, 2)),
        "both": [{"p": 1, "q": "a"}, {"p": 2, "q": None}],
    }
)
for model in (polars_models.echo, polars_models.summed, polars_models.lazy):
    unshelf.deploy(model, name=f"polars-{model.__name__}", example=EXAMPLE, progress=False)
unshelf.deploy(polars_models.shifted, name="polars-shifted", example=EXAMPLE["whole"], progress=False)
answers = unshelf.predict("polars-echo", EXAMPLE)
assert pl.DataFrame(answers)["whole"].to_list() == [1, 2], answers
assert len(unshelf.predict("polars-shifted", pl.Series("whole", range(100_000)))) == 100_000
assert not {"numpy", "pandas", "pyarrow"} & set(sys.modules), "the SDK itself needs none of them"
