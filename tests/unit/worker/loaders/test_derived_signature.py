"""Signatures derived from model files: numbered or named columns, nullable where the model takes gaps."""

from unshelf.worker.loaders.derived_signature import numbers, texts


def test_numbers_without_names_are_numbered_and_come_as_an_array() -> None:
    assert numbers(2, None, nullable=False) == {
        "kind": "columns", "container": "numpy",
        "columns": [{"name": "x0", "type": "float64"}, {"name": "x1", "type": "float64"}],
    }  # fmt: skip


def test_a_model_that_knows_names_is_given_a_table() -> None:
    signature = numbers(1, ["age"], nullable=True, type="float32")
    assert signature["container"] == "pandas"
    assert signature["columns"] == [{"name": "age", "type": "float32", "nullable": True}]


def test_a_text_a_row_stands_alone() -> None:
    assert texts("review") == {
        "kind": "columns",
        "columns": [{"name": "review", "type": "string"}],
        "container": "values",
    }
