"""Shapes of fields."""

import pytest

from unshelf.client.operations.platform import shapes
from unshelf.client.operations.platform.shapes import FieldShape


@pytest.mark.parametrize(
    ("shape", "right", "wrong"),
    [
        (shapes.text(), "", 1),
        (shapes.text(needed=True), "x", ""),
        (shapes.one_of("a", "b"), "b", "c"),
        (shapes.place(), "model:x", "installation"),
        (shapes.place(installation=True), "installation", "x:y"),
        (shapes.place(), "project:x", "project:"),
        (shapes.whole(), 0, -1),
        (shapes.whole(), 1, True),
        (shapes.number(), "0.25", "x"),
        (shapes.number(), 1.5, float("nan")),
        (shapes.number(), 0, float("inf")),
        (shapes.number(), "1e3", "-inf"),
        (shapes.table(), {"limit": 1.5}, {"limits": [{"upper": float("nan")}]}),
        (shapes.flag(), False, 0),
        (shapes.texts(), [], ["a", 1]),
        (shapes.wholes(), [1], [1.5]),
        (shapes.table(), {}, []),
    ],
)
def test_a_shape_fits_what_it_names(shape: FieldShape, right: object, wrong: object) -> None:
    assert shape.fits(right) and not shape.fits(wrong)
