"""Bytes and images: from an example to what a model is given, and how what is neither is refused."""

import base64
import io
import json
from typing import Any

import msgspec
import pandas as pd
import pytest
from PIL import Image

from tests.support.worker_inputs import given, refused
from unshelf.client.data.rows import as_rows, encode_inputs
from unshelf.client.data.signatures import infer
from unshelf.client.errors import InvalidModel, InvalidRows
from unshelf.worker.errors import RequestRefused
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.memory import ArrayMemory

BYTES = {"kind": "columns", "columns": [{"name": "x0", "type": "bytes"}], "container": "values"}
IMAGES = {"kind": "columns", "columns": [{"name": "x0", "type": "bytes", "items": "image[RGB]"}], "container": "values"}


def picture(mode: str) -> Image.Image:
    return Image.linear_gradient("L").resize((4, 3)).convert(mode)


def file_of(image: Image.Image, kind: str) -> str:
    file = io.BytesIO()
    image.save(file, format=kind)
    return base64.b64encode(file.getvalue()).decode()


def round_trip(example: Any) -> Any:
    signature = json.loads(msgspec.json.encode(infer(example).inputs))
    return given(signature, json.loads(encode_inputs(example))["inputs"])


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16", "F", "CMYK", "YCbCr"])
def test_an_image_of_each_mode_is_the_same_for_the_model(mode: str) -> None:
    image = picture("L").convert("I").convert(mode) if mode == "I;16" else picture(mode)
    (got,) = round_trip([image])
    assert type(got) is Image.Image
    assert (got.mode, got.size, got.tobytes()) == (mode, image.size, image.tobytes())


@pytest.mark.parametrize("wrap", [
    lambda a, b: [{"photo": a, "label": "x"}, {"photo": b, "label": "y"}],
    lambda a, b: {"photo": [a, b]},
    lambda a, b: pd.DataFrame({"photo": [a, b], "size": [1, 2]}),
])  # fmt: skip
def test_images_and_bytes_stand_in_every_container(wrap: Any) -> None:
    for one, other in ((b"\xff\x00", b""), (picture("RGB"), picture("RGB").transpose(Image.Transpose.ROTATE_90))):
        example = wrap(one, other)
        got = round_trip(example)
        cells = got["photo"].tolist() if isinstance(got, pd.DataFrame) else _photos(got)
        assert cells == [one, other]


def _photos(got: Any) -> list[Any]:
    return list(got["photo"]) if isinstance(got, dict) else [row["photo"] for row in got]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_files_of_the_usual_formats_are_opened_in_the_mode_of_the_example(kind: str) -> None:
    (got,) = given(IMAGES, [file_of(picture("L"), kind)])
    assert (got.mode, got.size) == ("RGB", (4, 3))


@pytest.mark.parametrize(
    "text",
    [
        "no base64!",
        "QUJD",
        "",
        file_of(picture("RGB"), "EPS"),
        file_of(picture("RGB"), "PNG")[:40],
        5,
        None,
        {"b64": "AA=="},
    ],
)
def test_what_is_no_image_is_refused_by_its_row(text: Any) -> None:
    (fault,) = refused(IMAGES, [file_of(picture("RGB"), "PNG"), [text]])
    assert (fault["row"], fault["column"]) == (1, "x0")
    assert "an image (base64 text of a file: PNG, JPEG" in fault["expected"]


def test_an_image_that_unpacks_to_gigabytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 8)
    (fault,) = refused(IMAGES, [file_of(picture("RGB"), "PNG")])
    assert fault["row"] == 0


def test_bytes_are_base64_text_and_nothing_else_is() -> None:
    assert given(BYTES, ["AAEC", ""]) == [b"\x00\x01\x02", b""]
    for wrong in ("AAE", "AAEC\n", "é", 7, ["AAEC"]):
        (fault,) = refused(BYTES, [[wrong]])
        assert fault["expected"] == "bytes (base64 text)"


def test_a_single_image_or_bytes_is_one_row() -> None:
    assert as_rows(b"\x00") == ["AA=="]
    assert len(as_rows(picture("RGB"))) == 1


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ([b"a", picture("L")], "mixes images and bytes"),
        ([b"a", "b"], "holds bytes or images beside or inside of other values"),
        ([{"a": [b"a"]}], "holds bytes or images beside or inside of other values"),
    ],
)
def test_bytes_that_could_be_taken_for_texts_are_refused_at_deploy(example: Any, said: str) -> None:
    with pytest.raises(InvalidModel, match=said):
        infer(example)


def test_an_image_of_a_mode_that_no_file_holds_is_refused() -> None:
    with pytest.raises(InvalidRows, match="mode HSV can't be sent without loss"):
        as_rows([picture("RGB").convert("HSV")])


def test_arrow_carries_bytes_as_they_are_and_texts_not_at_all() -> None:
    pa = pytest.importorskip("pyarrow")
    inputs = plan_inputs(BYTES, ArrayMemory())
    for kind in (pa.binary(), pa.large_binary(), pa.binary(2), pa.binary_view()):
        table = pa.table({"x0": pa.array([b"\xff\x00"], kind)})
        assert inputs.build([inputs.from_arrow(table)]) == [b"\xff\x00"]
    with pytest.raises(RequestRefused, match="expected bytes"):
        inputs.from_arrow(pa.table({"x0": ["AA=="]}))
    bomb = pa.chunked_array(
        [pa.DictionaryArray.from_arrays(pa.array([0] * 50_000, pa.int8()), pa.array([b"a" * 10_000_000]))]
    )
    with pytest.raises(RequestRefused, match="without its dictionary"):
        inputs.from_arrow(pa.table({"x0": bomb}))
