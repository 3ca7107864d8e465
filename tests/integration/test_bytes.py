"""Bytes and images as inputs of a deployed model: base64 in JSON, bytes where a protocol has them."""

import base64
import io
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tritonclient.http as triton
from PIL import Image

import unshelf
from tests.support.models import write_model
from tests.support.platform import Platform

pytestmark = pytest.mark.long  # a whole platform for what unit and component tests prove of its parts

BYTES = [b"\x00\xff", b"plain"]
IMAGES = [Image.linear_gradient("L").resize((6, 4)).convert("RGB"), Image.new("RGB", (2, 2), (1, 2, 3))]


def sizes(values: list[bytes]) -> list[dict[str, Any]]:
    return [{"kind": type(value).__name__, "size": len(value), "last": value[-1]} for value in values]


@pytest.fixture(scope="module")
def deployed(platform: Platform) -> Platform:
    # By value: this file imports what the models do not need.
    def described(values: list[bytes]) -> list[dict[str, Any]]:
        return [{"kind": type(value).__name__, "size": len(value), "last": value[-1]} for value in values]

    def pictures(frame: Any) -> list[dict[str, Any]]:
        return [
            {"kind": type(photo).__name__, "mode": photo.mode, "size": list(photo.size), "sum": sum(photo.tobytes()), "label": label}
            for photo, label in zip(frame["photo"], frame["label"], strict=True)
        ]  # fmt: skip

    with unshelf.Client(platform.url, platform.token) as client:
        client.deploy(described, name="blobs", options=unshelf.DeployOptions(example=BYTES, requirements=["pyarrow"]))
        frame = pd.DataFrame({"photo": IMAGES, "label": ["a", "b"]})
        client.deploy(pictures, name="pictures", options=unshelf.DeployOptions(example=frame))
    return platform


def signature_of(platform: Platform, model: str) -> Any:
    return platform.http.get(f"/api/v1/models/{model}:1").json()["version"]["signature"]["inputs"]


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_the_signature_says_what_callers_send(deployed: Platform) -> None:
    assert signature_of(deployed, "blobs")["columns"] == [{"name": "x0", "type": "bytes"}]
    photo, _ = signature_of(deployed, "pictures")["columns"]
    assert photo == {"name": "photo", "type": "bytes", "items": "image[RGB]"}


def test_bytes_reach_the_model_through_every_protocol(deployed: Platform) -> None:
    expected = sizes([b"\xff\x01\x02"])
    body = b"\xff\x01\x02"
    with unshelf.Client(deployed.url, deployed.token) as client:
        assert client.predict("blobs", [body]) == expected
    assert deployed.predict("blobs", [text(body)]) == expected
    invocations = "/models/blobs/invocations"
    assert deployed.http.post(invocations, json={"inputs": [text(body)]}).json()["predictions"] == expected
    csv = deployed.http.post(invocations, content=f"x0\n{text(body)}\n", headers={"Content-Type": "text/csv"})
    assert csv.json()["predictions"] == expected, csv.text
    tensor = {"name": "x0", "datatype": "BYTES", "shape": [1], "data": [text(body)]}
    assert v2_answer(deployed.http.post("/v2/models/blobs/infer", json={"inputs": [tensor]}).json()) == expected
    table = pa.table({"x0": [body]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    arrow = deployed.http.post(
        "/models/blobs/predict",
        content=sink.getvalue().to_pybytes(),
        headers={"Content-Type": "application/vnd.apache.arrow.stream", "Accept": "application/json"},
    )
    assert arrow.json()["outputs"] == expected, arrow.text


def v2_answer(answer: Any) -> list[dict[str, Any]]:
    columns = {output["name"]: output["data"] for output in answer["outputs"]}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def test_binary_tensors_carry_the_bytes_themselves(deployed: Platform) -> None:
    client = triton.InferenceServerClient(deployed.url.removeprefix("http://"))
    tensor = triton.InferInput("x0", [1], "BYTES")
    tensor.set_data_from_numpy(np.array([b"\xff\x00\xfe"], dtype=object), binary_data=True)
    answer = client.infer("blobs", [tensor], headers={"Authorization": f"Bearer {deployed.token}"})
    assert answer.as_numpy("size").tolist() == [3]
    assert answer.as_numpy("last").tolist() == [0xFE]
    client.close()


def test_an_image_is_given_as_one_whatever_file_it_came_in(deployed: Platform) -> None:
    image = IMAGES[0]
    wanted = {"kind": "Image", "mode": "RGB", "size": [6, 4], "sum": sum(image.tobytes()), "label": "x"}
    with unshelf.Client(deployed.url, deployed.token) as client:
        assert client.predict("pictures", pd.DataFrame({"photo": [image], "label": ["x"]})) == [wanted]
        assert client.predict("pictures", [{"photo": image, "label": "x"}]) == [wanted]
    for kind in ("PNG", "BMP", "TIFF"):
        file = io.BytesIO()
        image.save(file, format=kind)
        assert deployed.predict("pictures", [{"photo": text(file.getvalue()), "label": "x"}]) == [wanted]


@pytest.mark.parametrize("photo", ["no base64!", text(b"no image"), 5, None])
def test_what_is_no_image_is_the_caller_s_fault_by_row_and_column(deployed: Platform, photo: Any) -> None:
    answer: httpx.Response = deployed.http.post(
        "/models/pictures/predict", json={"inputs": [{"photo": photo, "label": "x"}]}
    )
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert (fault["row"], fault["column"]) == (0, "photo")
    assert "an image (base64 text of a file" in fault["expected"]


def test_bytes_for_a_column_of_texts_are_refused_not_taken_for_a_text(deployed: Platform) -> None:
    with unshelf.Client(deployed.url, deployed.token) as client:
        with pytest.raises(unshelf.InvalidInput, match="'label': expected string, got bytes"):
            client.predict("pictures", pd.DataFrame({"photo": [IMAGES[0]], "label": [b"x"]}))
        with pytest.raises(unshelf.InvalidInput, match="got bytes"):
            client.predict("pictures", [[IMAGES[0], b"x"]])


def test_what_is_recorded_is_the_request_as_it_came(deployed: Platform) -> None:
    deployed.predict("blobs", [text(b"for the record")])
    record = deployed.records("blobs")[-1]
    assert record["input"] == {"inputs": [text(b"for the record")]}


def test_a_single_image_is_an_example_of_one_row(platform: Platform, tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    IMAGES[0].save(file)

    def modes(images: list[Any]) -> list[str]:
        return [image.mode for image in images]

    with unshelf.Client(platform.url, platform.token) as client, Image.open(file) as photo:
        client.deploy(modes, name="modes", options=unshelf.DeployOptions(example=photo))
        assert client.predict("modes", photo) == ["RGB"]


def test_a_folder_states_that_a_column_is_an_image(platform: Platform, tmp_path: Path) -> None:
    """Given a folder whose example is JSON, when its signature says `image`, then the model is given images."""
    code = "def predict(rows):\n    return [list(row['photo'].size) for row in rows]\n"
    file = io.BytesIO()
    IMAGES[0].save(file, format="PNG")
    folder = write_model(
        tmp_path / "model",
        name="sizes",
        code=code,
        example=[{"photo": text(file.getvalue())}],
        requirements=("pillow",),
        extra='\n[signature.inputs]\nphoto = "image"\n',
    )
    platform.cli("deploy", str(folder))
    assert platform.predict("sizes", [{"photo": text(file.getvalue())}]) == [[6, 4]]
