"""Bins that a model of the loss looks at."""

import pyarrow as pa

from unshelf.contracts.protocols.profiles import TableProfile
from unshelf.monitor.performance.estimates.edges import edges_in
from unshelf.monitor.performance.estimates.loss import MOST_COLUMNS, PREDICTION
from unshelf.records.profiles.building import profile_of


def profile(**columns: list[object]) -> TableProfile:
    table = pa.table({name.replace("_", ":", 1): values for name, values in columns.items()})
    kinds = {
        name: "category" if isinstance(table.column(name)[0].as_py(), str) else "number" for name in table.column_names
    }
    return profile_of(table.to_batches(), kinds)  # type: ignore[arg-type]


def test_edges_are_quantiles_of_the_reference() -> None:
    found = edges_in(profile(in_x=[float(n) for n in range(100)], out_output=[float(n) for n in range(100)]), "output")
    assert found["x"] == [19.0, 39.0, 59.0, 79.0]
    assert len(found[PREDICTION]) == 9


def test_columns_without_numbers_that_differ_have_no_bins() -> None:
    found = edges_in(profile(in_x=[1.0, 1.0, 1.0], in_word=["a", "b", "c"], out_output=[1.0, 2.0, 3.0]), "output")
    assert list(found) == [PREDICTION]


def test_without_a_reference_of_the_prediction_there_are_none() -> None:
    assert edges_in(profile(in_x=[1.0, 2.0]), "output") == {}
    assert edges_in(profile(in_x=[1.0, 2.0]), None) == {}


def test_the_number_of_columns_is_bounded() -> None:
    many = {f"in_x{n}": [1.0, 2.0, 3.0] for n in range(MOST_COLUMNS + 5)}
    assert len(edges_in(profile(out_output=[1.0, 2.0, 3.0], **many), "output")) == MOST_COLUMNS + 1
